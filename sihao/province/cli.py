"""`sihao province`: the commands, those of the centre first."""

import typer

from sihao.province import at_both, at_centre, at_province, reconcile
from sihao.province.status import status

province_app = typer.Typer(no_args_is_help=True)
province_app.command("add")(at_centre.add)
province_app.command("list")(at_centre.list_)
province_app.command("show")(at_centre.show)
province_app.command("status")(status)
province_app.command("renew-password")(at_centre.renew_password)
province_app.command("remove")(at_centre.remove)
province_app.command("key")(at_province.key)
province_app.command("join")(at_province.join)
province_app.command("link")(at_province.link)
province_app.command("unlink")(at_province.unlink)
province_app.command("move")(at_both.move)
province_app.command("receive")(at_both.receive)
province_app.command("confirm")(at_both.confirm)
province_app.command("forward")(at_both.forward)
province_app.command("reconcile")(reconcile.reconcile)
