"""`make compose-test`: images, docker-compose.yml and a province seen working: the demo's round, while services end.

Everything bears a name of this run's own, listens on free loopback ports, and is gone afterwards.
"""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dev.ports import free_port
from dev.runs import PROJECT, run_directory

FILES = ("docker-compose.yml", "deploy/compose/round.yml")
ROUND = "development-issuer"
"""The container in which the round is played."""
IMAGES = ("intake", "scoring", "review", "notify", "sihao", "demo")
PORTS = ("INTAKE", "SCORING", "REVIEW", "NOTIFY", "PROVINCE_REVIEW", "ISSUER")
DISTURBED_AFTER = "开放认定周期"
"""The step after which applications come in, and services are ended."""
_NO_DOCKER = """\
没有可用的 Docker：请安装 Docker Engine 与 Compose v2 并启动，或设 DOCKER_HOST。
No Docker answers: install Docker Engine with Compose v2 and start it, or set DOCKER_HOST."""


class ComposeFailedError(RuntimeError):
    """Something did not go as it must; the message says what."""


class Project:
    """One run of the compose files."""

    def __init__(self, directory: Path) -> None:
        self.name = f"sihao-test-{secrets.token_hex(3)}"
        self.secrets = directory / "compose.env"
        self.log = directory / "logs" / "compose.log"
        subprocess.run(["sh", "deploy/compose/secrets.sh", self.secrets], cwd=PROJECT, check=True)  # noqa: S603, S607
        self.environment = {
            **os.environ,
            "COMPOSE_PROFILES": "round,province",
            "SIHAO_AREAS": "CN,37,51",
            "SIHAO_LOG_LEVEL": "WARNING",
            **{f"SIHAO_{name}_PORT": str(free_port()) for name in PORTS},
        }
        files = [word for name in FILES for word in ("--file", name)]
        self._compose = ("docker", "compose", "--project-name", self.name, "--env-file", str(self.secrets), *files)

    def do(self, *words: str) -> str:
        """What `docker compose …` answers.

        Raises:
            ComposeFailedError: it failed, with the end of what it said.
        """
        return _said([*self._compose, *words], self.environment)

    def container(self, service: str) -> str:
        """The id of a service's container."""
        return self.do("ps", "--all", "--quiet", service).strip()

    def lines(self, service: str) -> Iterator[str]:
        """What a container prints, until it ends."""
        command = [*self._compose, "logs", "--follow", "--no-log-prefix", service]
        with subprocess.Popen(  # noqa: S603 - our own words
            command, cwd=PROJECT, env=self.environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as following:
            yield from (line.rstrip("\n") for line in following.stdout or ())

    def end(self, service: str, signal: str) -> int:
        """Send a signal, wait for the end, start it again; answers the exit code.

        By docker itself: `docker compose start` starts what the service depends on first, one-shot jobs and all.
        """
        container = self.container(service)
        self.docker("kill", "--signal", signal, container)
        code = int(self.docker("wait", container))
        self.docker("start", container)
        return code

    def docker(self, *words: str) -> str:
        """What `docker …` answers."""
        return _said(["docker", *words], self.environment)


@contextmanager
def running(directory: Path) -> Iterator[Project]:
    """Everything up; at the end the logs are kept and all of it is taken away."""
    project = Project(directory)
    try:
        project.do("up", "--detach", "--no-build", "--quiet-pull")
        yield project
    finally:
        project.log.parent.mkdir(exist_ok=True)
        project.log.write_text(project.do("logs", "--no-color", "--timestamps"), "utf-8")
        print(f"日志 / logs: {project.log}", flush=True)
        project.do("down", "--volumes", "--remove-orphans", "--timeout", "50")


def played(project: Project, say: Callable[[str], None]) -> int:
    """The round to its end, with services ended in the middle of it; answers its exit code.

    Raises:
        ComposeFailedError: a service did not stop as it should.
    """
    for line in project.lines(ROUND):
        say(line)
        if DISTURBED_AFTER in line:
            _disturb(project, say)
    return int(project.docker("wait", project.container(ROUND)))


def _disturb(project: Project, say: Callable[[str], None]) -> None:
    """While applications come in: one service is stopped properly, one killed, one restarted."""
    say(f"⚡ review: SIGKILL，退出码 exit code {project.end('review', 'SIGKILL')}，已再启动 started again")
    code = project.end("scoring", "SIGTERM")
    say(f"⚡ scoring: SIGTERM，退出码 exit code {code}，已再启动 started again")
    if code:
        raise ComposeFailedError(f"scoring 收到 SIGTERM 后未正常结束 / did not stop properly on SIGTERM: {code}")
    project.docker("restart", "--time", "45", project.container("province-review"))
    say("⚡ province-review: 已重启 restarted")


def docker_answers() -> bool:
    """Whether there is a Docker with Compose that does what it is told."""
    if shutil.which("docker") is None:
        return False
    return all(
        subprocess.run(["docker", *words], capture_output=True, check=False).returncode == 0  # noqa: S603, S607
        for words in (("info",), ("compose", "version"))
    )


def _said(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own words
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise ComposeFailedError(f"{' '.join(command[:8])} …: {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def main() -> int:
    """0 if every application is accounted for, 1 if not, 2 without Docker."""
    if not docker_answers():
        print(_NO_DOCKER, file=sys.stderr)
        return 2
    try:
        with run_directory("compose") as directory:
            print("构建镜像 / building the images …", flush=True)
            print(_said(["sh", "deploy/image/build.sh", *IMAGES], os.environ), flush=True)
            print("启动全部容器 / starting all containers …", flush=True)
            with running(directory) as project:
                code = played(project, lambda line: print(line, flush=True))
    except ComposeFailedError as error:
        print(error, file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
