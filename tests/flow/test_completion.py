#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a shell completes after brandnsctl: verbs, options, and the names the daemon knows."""

import os
import shutil
import subprocess

import flow

SCRIPTS = flow.SRC / "packaging/completion"


def environment(node=None):
    folder = str(flow.BUILD / "src")
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TERM": "dumb", "HOME": str(node.folder if node else "/")}


def ask(node, *words):
    """The program's own answer: a list of words."""
    done = subprocess.run(["brandnsctl", "--complete", "-s", node.socket, *words], env=environment(), text=True,
                          capture_output=True, timeout=30, check=True)
    assert done.stderr == "", done.stderr
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def bash(node, line):
    """What bash's function puts into COMPREPLY for a line with the cursor at its end."""
    script = f"""
        source {SCRIPTS}/brandnsctl.bash
        COMP_LINE=$1 COMP_POINT=${{#1}}
        # As readline does: words end at white space and at what COMP_WORDBREAKS holds.
        COMP_WORDS=($(sed 's/[@:=]/ & /g' <<<"$1"))
        [[ $1 == *' ' ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _brandnsctl
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", line], env=environment(), text=True,
                          capture_output=True, timeout=30, check=True, cwd=node.folder)
    assert done.stderr == "", done.stderr
    return done.stdout.split()


def fish(node, line):
    if not shutil.which("fish"):
        flow._absent("fish", "fish")  # pylint: disable=protected-access
    done = subprocess.run(["fish", "--no-config", "-c", f"source {SCRIPTS}/brandnsctl.fish; complete -C \"$argv[1]\"", line],
                          env=environment(node), text=True, capture_output=True, timeout=60, check=True, cwd=node.folder)
    return [word.split("\t")[0] for word in done.stdout.splitlines()]


def zsh(node, line):
    """What zsh's function hands to the completion system; `line` as words, the last one being written."""
    if not shutil.which("zsh"):
        flow._absent("zsh", "zsh")  # pylint: disable=protected-access
    script = """
        script=$1; shift
        words=("$@") CURRENT=$# PREFIX=${@[-1]}
        _describe() { print -l -- "${(P@)4}" }
        _files() { print FILES }
        complete() { source $script }
        complete
    """
    done = subprocess.run(["zsh", "-f", "-c", script, "zsh", str(SCRIPTS / "_brandnsctl"), *line],
                          env=environment(), text=True, capture_output=True, timeout=60, check=True)
    assert done.stderr == "", done.stderr
    return done.stdout.splitlines()


def held_node(t):
    """A daemon with a zone that holds a change."""
    file = t.folder / "example.com.zone"
    good = "url1234 CNAME d111111abcdef8.cloudfront.net.\n5678901 CNAME sendgrid.net."
    file.write_text(flow.zone(1, good))
    policy = t.folder / "branding.yaml"
    policy.write_text("account:\n  - {id: acme, provider: sendgrid, region: global}\nbranding:\n"
                      "  - {host: url1234.example.com, owner: 5678901.example.com, account: acme, mode: cdn,\n"
                      "     target: [d111111abcdef8.cloudfront.net]}\n")
    node = flow.Brandnsd(t, {"zone": [{"domain": "example.com", "file": str(file)}],
                             "plugin": [{"id": "branding", "policy": str(policy)}]})
    flow.wait_for(lambda: node.serial("example.com") == 1, 20, "the zone")
    file.write_text(flow.zone(2, good.replace("d111111abcdef8.cloudfront.net.", "sendgrid.net.", 1)))
    node.ctl("zone", "reload", "example.com")
    return node, node.held()[0]["id"]


def test_the_program_completes_verbs_options_and_names(t):
    node, held = held_node(t)
    assert {"zone", "held", "status", "branding", "account"} <= set(ask(node, "")), ask(node, "")
    assert ask(node, "sta") == ["status", "stats"]
    assert ask(node, "zone", "re") == ["reload", "refresh", "retransfer", "remove"]
    assert ask(node, "zone", "status", "e") == ["example.com"]
    assert ask(node, "held", "approve", "") == [held]
    assert ask(node, "held", "approve", held, "--") == ["--reason", "--until", "--keep-branding"]
    assert ask(node, "held", "approve", held, "--reason", "") == []
    assert ask(node, "branding", "s") == ["show"]
    assert ask(node, "branding", "show", "url") == ["url1234.example.com"]
    assert ask(node, "log-level", "de") == ["debug"]
    assert ask(node, "check-zone", "z") == ["//files"]
    assert ask(node, "diff", "a", "b", "--format", "") == ["text", "json", "markdown", "github"]
    assert "--socket" in ask(node, "--so")


def test_without_a_daemon_verbs_are_completed_and_nothing_is_said(t):
    node = flow.Brandnsd(t, {}, start=False)
    assert ask(node, "zone", "du") == ["dump"]
    assert ask(node, "zone", "dump", "") == []


def test_bash_completes_words_also_with_an_at_sign(t):
    node, held = held_node(t)
    line = f"brandnsctl -s {node.socket} "
    assert bash(node, line + "zone ref") == ["refresh"]
    assert bash(node, line + "zone dump exa") == ["example.com"]
    zone, rest = held.split("@")
    assert bash(node, line + "held approve exa") == [held]
    assert bash(node, line + f"held approve {zone}@") == [rest]
    assert bash(node, line + f"held approve {zone}@{rest[:3]}") == [rest]
    (node.folder / "some.zone").write_text("")
    assert bash(node, line + "check-zone som") == ["some.zone"]


def test_fish_completes_words(t):
    node, held = held_node(t)
    line = f"brandnsctl -s {node.socket} "
    assert fish(node, line + "zone ref") == ["refresh"]
    assert fish(node, line + "zone dump exa") == ["example.com"]
    assert fish(node, line + "held approve ") == [held]


def test_zsh_completes_words(t):
    node, held = held_node(t)
    line = ["brandnsctl", "-s", str(node.socket)]
    assert zsh(node, line + ["zone", "ref"]) == ["refresh:ask the primaries now and wait for the verdict"]
    assert zsh(node, line + ["zone", "dump", "exa"]) == ["example.com"]
    assert zsh(node, line + ["held", "approve", ""]) == [held]
    assert zsh(node, line + ["check-zone", "x"]) == ["FILES"]


flow.run()
