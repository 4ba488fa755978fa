"""Servers of one node or several: what their nodes are told, and that they are handled as one."""

from pathlib import Path

import pytest

from dev.broker import Broker
from dev.processes import Child, ProcessFailedError
from dev.server import Node, Server
from dev.store import Store


class Sleeper(Node):
    """A node that answers as soon as it runs."""

    async def answers(self) -> bool:
        """Whether it runs."""
        return self.alive


class Deaf(Node):
    """A node that never answers."""

    async def answers(self) -> bool:
        """No."""
        return False


@pytest.fixture
def nodes(tmp_path: Path) -> list[Sleeper]:
    return [Sleeper(Child(f"node-{n}", ["sleep", "60"], log=tmp_path / f"{n}.log")) for n in range(3)]


async def test_a_server_starts_the_nodes_that_do_not_run_and_leaves_the_others_alone(nodes: list[Sleeper]) -> None:
    server = Server(nodes)
    try:
        await server.start()
        before = [node.pid for node in nodes]
        await nodes[1].kill()
        assert [node.alive for node in nodes] == [True, False, True]
        await server.start()
        after = [node.pid for node in nodes]
        assert all(node.alive for node in nodes)
        assert (after[0], after[2]) == (before[0], before[2])
        assert after[1] != before[1]
    finally:
        await server.close()
    assert not any(node.alive for node in nodes)


async def test_a_node_that_ends_before_it_answers_is_told_with_its_log(tmp_path: Path) -> None:
    node = Deaf(Child("node", ["sh", "-c", "echo no room"], log=tmp_path / "log"))
    with pytest.raises(ProcessFailedError, match="no room"):
        await node.start()


def test_nodes_of_a_broker_join_the_first_and_no_two_share_a_port_or_a_name(tmp_path: Path) -> None:
    broker = Broker(tmp_path, Path("/usr/sbin/rabbitmq-server"), nodes=3)
    first, *others = broker.nodes
    told = [node.configuration.read_text("utf-8") for node in broker.nodes]
    assert "classic_config" not in told[0]
    assert all(f"nodes.1 = {first.erlang_name}" in text for text in told[1:])
    assert all(f"nodes.2 = {node.erlang_name}" in text for node, text in zip(others, told[1:], strict=True))
    assert len({node.port for node in broker.nodes} | {node.api.url for node in broker.nodes}) == 6
    assert len({node.directory for node in broker.nodes}) == 3


def test_a_broker_of_one_node_joins_nobody(tmp_path: Path) -> None:
    broker = Broker(tmp_path, Path("/usr/sbin/rabbitmq-server"))
    assert "cluster_formation" not in broker.nodes[0].configuration.read_text("utf-8")
    assert broker.url == broker.nodes[0].url


def test_the_address_of_a_store_names_every_member(tmp_path: Path) -> None:
    store = Store(tmp_path, Path("/usr/bin/mongod"), nodes=3)
    hosts = ",".join(node.address for node in store.nodes)
    assert store.url == f"mongodb://{hosts}/?replicaSet=sihao"
    assert len({node.port for node in store.nodes}) == 3
