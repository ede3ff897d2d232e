#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sockets that a service manager keeps: brandnsd is started again and no question is lost."""

import socket

import dns.message
import flow
from client import Client
from manager import Managed, Manager

WWW = "www.example.com"


def conf(t, workers=1, **server):
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    return {"server": {"workers": workers, **server}, "zone": [{"domain": "example.com", "file": str(file)}]}


def serves(node):
    return flow.wait_for(lambda: flow.texts(node.dig(WWW), "A"), 20, "the zone to be served")


def ask_through_restarts(node, times):
    """Questions without a pause while the daemon ends and comes again."""
    client = Client(node.port)
    client.start()
    for _ in range(times):
        client.more()
        assert node.stop() == 0
        node.start()
    client.more()
    lost = client.finish()
    print(f"# {len(client.asked)} questions over {times} restarts, {len(lost)} lost, "
          f"the longest wait {max(client.waited.values()) * 1000:.0f} ms")
    assert not lost, f"{len(lost)} of {len(client.asked)} questions were lost"
    assert not client.wrong, client.wrong[:3]


def test_a_restart_loses_no_question_with_sockets_of_a_socket_unit(t):
    manager = Manager(t)
    port = flow.free_port()
    manager.listen(socket.SOCK_DGRAM, port)
    manager.listen(socket.SOCK_STREAM, port)
    node = Managed(t, conf(t, workers=2), manager, port=port)
    serves(node)
    ask_through_restarts(node, 2)
    assert not manager.store, "what a unit keeps isn't stored a second time"
    assert node.stop() == 0
    manager.close()


def test_a_restart_loses_no_question_with_sockets_given_to_keep(t):
    manager = Manager(t)
    node = Managed(t, conf(t, workers=2), manager)
    serves(node)
    assert sorted(name for name, _ in manager.store) == sorted(
        [f"udp-{flow.HOST}@{node.port}", f"tcp-{flow.HOST}@{node.port}"] * 2), manager.store
    ask_through_restarts(node, 2)
    assert len(manager.store) == 4, "each is kept once"
    manager.close()


def test_a_daemon_that_is_killed_loses_no_question_that_comes_later(t):
    manager = Manager(t)
    node = Managed(t, conf(t), manager)
    serves(node)
    node.kill()
    client = Client(node.port)
    client.start()
    flow.wait_for(lambda: len(client.asked) > 50, 20, "questions while nobody runs")
    node.start()
    assert client.finish() == [] and not client.wrong
    manager.close()


def test_a_client_that_connects_while_nobody_runs_is_answered(t):
    manager = Manager(t)
    node = Managed(t, conf(t), manager)
    serves(node)
    assert node.stop() == 0
    query = dns.message.make_query(WWW, "A").to_wire()
    with socket.create_connection((flow.HOST, node.port), timeout=30) as line:
        line.sendall(len(query).to_bytes(2, "big") + query)
        node.start()
        answer = line.recv(4096)
    assert dns.message.from_wire(answer[2:]).answer, answer
    manager.close()


def test_every_socket_passed_in_is_read_though_there_are_fewer_workers(t):
    manager = Manager(t)
    node = Managed(t, conf(t, workers=3), manager)
    serves(node)
    assert len(manager.store) == 6
    node.configure(conf(t, workers=1))
    ask_through_restarts(node, 1)
    manager.close()


def test_a_socket_nobody_asked_for_is_named_and_given_back(t):
    manager = Manager(t)
    other = flow.free_port()
    node = Managed(t, conf(t, listen=[f"{flow.HOST}@{flow.free_port()}"]), manager, start=False)
    node.configure(conf(t, listen=[f"{flow.HOST}@{node.port}", f"{flow.HOST}@{other}"]))
    node.start()
    assert len(manager.store) == 4
    node.stop()
    node.configure(conf(t, listen=[f"{flow.HOST}@{node.port}"]))
    node.start()
    assert f"a socket for {flow.HOST}@{other}" in node.log_text()
    assert sorted(name for name, _ in manager.store) == [f"tcp-{flow.HOST}@{node.port}", f"udp-{flow.HOST}@{node.port}"]
    manager.close()


def test_a_manager_hears_of_start_reload_and_stop(t):
    manager = Manager(t)
    node = Managed(t, conf(t), manager)
    serves(node)
    flow.wait_for(lambda: any("READY" in words for words in manager.hear()), 10, "READY=1")
    node.reload()
    flow.wait_for(lambda: any("RELOADING" in words for words in manager.hear()), 10, "RELOADING=1")
    assert node.stop() == 0
    assert any("STOPPING" in words for words in manager.hear())
    manager.close()


flow.run()
