"""The `sihao` command, put together from the rooms."""

import typer

from conformance.cli import conformance_app
from services.intake.cli import evidence_app
from services.notify.cli import language_app
from services.review.cli import procedure_app
from services.scoring.cli import rubric_app, score_command
from services.scoring.rescore_cli import rescore_command
from sihao.centre.cli import centre_app
from sihao.certificate import certificate_app
from sihao.dead import dead_app
from sihao.doctor.cli import doctor_command
from sihao.limit import limit_command
from sihao.prepare.cli import prepare_app
from sihao.province.cli import province_app
from sihao.replay import replay_command
from sihao.restore import restore_command
from sihao.road.cli import trace_command
from sihao.verify import verify_app

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="四好商会认定平台 / Sihao, the platform for recognising Four-Good chambers of commerce.",
)
app.command("score", help="不连服务器，为一份申报评分 / Score facts without any server.")(score_command)
app.command("rescore", help="批量重算并核对摘要 / Score many applications again and compare digests.")(rescore_command)
app.add_typer(rubric_app, name="rubric", help="查看和检查评分标准 / Show and check rubrics.")
app.add_typer(procedure_app, name="procedure", help="查看、检查和画出审核程序 / List, check and draw procedures.")
app.add_typer(language_app, name="language", help="检查其他语言文字 / Check further languages of letters and pages.")
app.add_typer(evidence_app, name="evidence", help="为本省自存的材料开具材料单 / Slips for files that a province keeps.")
app.add_typer(dead_app, name="dead", help="查看和重放死信 / List, show and replay dead letters.")
app.add_typer(verify_app, name="verify", help="核对历史与决定是否完整 / Check that histories and decisions are whole.")
app.add_typer(certificate_app, name="certificate", help="核验证书，无需联网 / Verify certificates, offline.")
app.add_typer(
    centre_app, name="centre", help="中央的签名密钥：生成、登记、核对 / The centre's signing key: make, register, see."
)
app.add_typer(prepare_app, name="prepare", help="首次启动前的准备：账号、密钥 / Before the first start: users, keys.")
app.add_typer(province_app, name="province", help="省级接入：接纳、检查、连接 / Provinces: admit, check, connect.")
app.add_typer(
    conformance_app, name="conformance", help="检验一省自有的审核软件 / Check a province's own review software."
)

app.command("doctor", help="检查整个部署，指出问题与办法 / Check a deployment and say what to do.")(doctor_command)
app.command("limit", help="设定消息队列的长度上限 / Limit the length of the broker's queues.")(limit_command)
app.command("replay", help="重算一个周期，须与记录一致 / Compute a round again; nothing may differ.")(replay_command)
app.command("restore", help="数据库从备份恢复后补回遗忘的事实 / Give a restored store back what it forgot.")(
    restore_command
)
app.command("trace", help="一份申报走过的路与各步用时 / The road of one application, step by step.")(trace_command)


def main() -> None:
    """Run it."""
    app()
