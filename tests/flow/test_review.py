#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/review.md as it stands: its scripts and its workflow, with a repository, a primary, and pull requests."""

import os
import re
import shutil
import subprocess

import yaml

import branded
import flow
from branded import CDN, ESP, ZONE, policy, zone

PATH = f"zones/{ZONE}.zone"
GH = """#!/bin/sh
# Stands for GitHub: the first comment can't be edited, since there is none.
[ "$4" = --edit-last ] && [ ! -e "$COMMENTS" ] && exit 1
for last; do :; done
cp "$last" "$COMMENTS"
echo "$3" >>"$COMMENTS.log"
"""


def blocks(language):
    """The code of docs/review.md in that language, in its order."""
    text = (flow.SRC / "docs" / "review.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


class Site:
    """A bare repository, a working copy of somebody who writes zone files, and the primary that serves them."""

    def __init__(self, t):
        for program in ("git", "jq"):
            if not shutil.which(program):
                flow.skip(f"{program} is not installed; apt-get install {program}")
        self.folder = t.folder
        self.served = t.folder / "served.zone"
        self.policy = t.folder / "branding.yaml"
        self.comments = t.folder / "comment.md"
        self.check_script, self.apply_script = blocks("sh")
        self.workflow = yaml.safe_load(blocks("yaml")[0])
        self.served.write_text(zone(1))
        self.policy.write_text(policy())
        self.node = flow.Brandnsd(t, {"zone": [{"domain": ZONE, "file": str(self.served)}],
                                      "plugin": [{"id": "branding", "policy": str(self.policy)}]})
        flow.wait_for(lambda: self.node.serial(ZONE) == 1, 10, "the first load")
        self.put_programs(t.folder / "bin")
        self.start_repository()

    def put_programs(self, folder):
        folder.mkdir()
        for name, text in (("gh", GH), ("brandnsctl", f'#!/bin/sh\nexec "{flow.BUILD.resolve()}/src/brandnsctl" '
                                                      f'-s "{self.node.socket}" "$@"\n')):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        self.env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "COMMENTS": str(self.comments),
                    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_AUTHOR_NAME": "a",
                    "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
                    "GIT_COMMITTER_EMAIL": "a@example.com"}

    def git(self, *args, cwd=None):
        done = subprocess.run(["git", *args], cwd=cwd or self.work, env=self.env, capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 0, done
        return done.stdout.strip()

    def start_repository(self):
        bare = self.folder / "origin.git"
        self.work = self.folder / "work"
        self.git("init", "-q", "--bare", "-b", "main", str(bare), cwd=self.folder)
        self.git("clone", "-q", str(bare), str(self.work), cwd=self.folder)
        self.git("checkout", "-q", "-b", "main")
        self.write("tools/zones-check", self.check_script)
        self.write("tools/zones-apply", self.apply_script)
        self.write(".gitignore", "review.md\n")
        self.commit("the tools")
        self.git("push", "-q", "origin", "main")

    def write(self, path, text):
        (self.work / path).parent.mkdir(parents=True, exist_ok=True)
        (self.work / path).write_text(text)

    def write_zone(self, text):
        """In canonical form, as everybody keeps it here."""
        self.write(PATH, text)
        subprocess.run(["brandnsctl", "format", PATH], cwd=self.work, env=self.env, check=True, timeout=60,
                       capture_output=True)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def begin(self):
        """The repository gets what is served now."""
        self.write_zone(zone(1))
        self.write("zones/branding.yaml", policy())
        self.commit("what is served")
        self.git("push", "-q", "origin", "main")

    def pull_request(self, name, text, rules=None, tidy=True):
        """A branch with that zone file, checked out as GitHub does: merged into main, and not pushed."""
        self.git("checkout", "-q", "-b", name, "main")
        if tidy:
            self.write_zone(text)
        else:
            self.write(PATH, text)
        if rules:
            self.write("zones/branding.yaml", rules)
        self.commit(name)
        self.git("checkout", "-q", "--detach", "origin/main")
        self.git("merge", "-q", "--no-ff", "-m", "merge", name)

    def merge(self, name):
        """Pressed by somebody who read the comment; returns the commit before."""
        before = self.git("rev-parse", "main")
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", "merge", name)
        self.git("push", "-q", "origin", "main")
        return before

    def step(self, job, name, **known):
        """Runs that step of the workflow as a runner would."""
        row = next(s for s in self.workflow["jobs"][job]["steps"] if s.get("name") == name)
        env = dict(self.env, GITHUB_BASE_REF="main", GITHUB_ACTIONS="true")
        for key, value in row.get("env", {}).items():
            env[key] = re.sub(r"\$\{\{ *(.*?) *\}\}", lambda m: known[m[1]], str(value))
        if "BRANDNS_POLICY" in env:
            env["BRANDNS_POLICY"] = str(self.policy)
        return subprocess.run(["bash", "-e", "-c", row["run"]], cwd=self.work, env=env, capture_output=True, text=True,
                              timeout=60, check=False)

    def check(self):
        return self.step("check", "check")

    def comment(self):
        done = self.step("check", "comment", **{"github.token": "t", "github.event.pull_request.number": "7"})
        assert done.returncode == 0, done
        return self.comments.read_text()

    def apply(self, before):
        return self.step("apply", "apply", **{"github.event.before": before})

    def edge(self):
        return flow.texts(self.node.dig(branded.HOST, "CNAME"), "CNAME")[0]

    def line_of(self, text):
        return next(n for n, line in enumerate((self.work / PATH).read_text().splitlines(), 1) if text in line)


def test_a_revert_is_annotated_at_its_line_and_told_in_a_comment(t):
    site = Site(t)
    site.begin()
    site.pull_request("revert", zone(2, edge=ESP, more="new A 192.0.2.9"))
    done = site.check()
    assert done.returncode == 3, done
    line = site.line_of("url1234")
    assert f"::error file={PATH},line={line},title=LB01 held (C%2C edge)::url1234.example.com. " in done.stdout, done
    assert "; remedy: restore the CDN target" in done.stdout
    text = site.comment()
    assert text.startswith(f"### {ZONE}: serial 1 -> 2, hold as {ZONE}@2-"), text
    assert "\n+ new 300 A 192.0.2.9\n" in text and "| LB01 | C | edge | url1234.example.com. CNAME | held |" in text
    site.comment()
    assert (t.folder / "comment.md.log").read_text() == "7\n7\n", "written once, then edited"
    assert site.node.held() == [] and site.edge() == CDN, "a review leaves no trace"
    assert site.git("worktree", "list").count("\n") == 0


def test_a_lawful_change_is_merged_and_served_as_it_was_reviewed(t):
    site = Site(t)
    site.begin()
    site.pull_request("new", "; the launch\n" + zone(2, more="new A 192.0.2.9"))
    done = site.check()
    assert done.returncode == 0 and "::error" not in done.stdout, done
    assert re.search(r"^Plan `[0-9a-f]{64}`$", site.comment(), re.MULTILINE)
    done = site.apply(site.merge("new"))
    assert done.returncode == 0 and site.node.serial(ZONE) == 2, done
    assert site.served.read_text() == (site.work / PATH).read_text(), "with its comments"
    # And so does the next one.
    site.pull_request("next", zone(3))
    assert site.check().returncode == 0
    assert site.apply(site.merge("next")).returncode == 0 and site.node.serial(ZONE) == 3


def test_nothing_is_applied_where_something_else_is_served_by_then(t):
    site = Site(t)
    site.begin()
    site.pull_request("new", zone(3, more="new A 192.0.2.9"))
    assert site.check().returncode == 0
    site.served.write_text(zone(2, more="other A 192.0.2.8"))
    assert site.node.ctl("zone", "reload", ZONE).exit == 0
    done = site.apply(site.merge("new"))
    assert done.returncode == 1 and "isn't what was reviewed" in done.stderr, done
    assert site.node.serial(ZONE) == 2 and "other" in site.served.read_text()
    # The way out that the document tells: look, then apply exactly that.
    said = site.node.ctl("diff", site.work / PATH, plain=True)
    assert said.exit == 2 and "- other 300 A 192.0.2.8" in said.stdout, said
    assert site.node.ctl(*said.stdout.splitlines()[-1].split()[4:]).exit == 0 and site.node.serial(ZONE) == 3


def test_a_revert_that_the_policy_approves_passes_review_and_gate(t):
    site = Site(t)
    site.begin()
    site.pull_request("meant", zone(2, edge=ESP))
    assert site.check().returncode == 3
    row = re.search(r"approve: \[(\{.*?\})\]", site.comment())[1].replace("by: …", "by: ops")
    site.git("checkout", "-q", "meant")
    site.write("zones/branding.yaml", policy(more=f"approve:\n  - {row}\n"))
    site.commit("agreed")
    site.git("checkout", "-q", "--detach", "main")
    site.git("merge", "-q", "--no-ff", "-m", "merge", "meant")
    done = site.check()
    assert done.returncode == 0 and "::warning" in done.stdout and "approved in the policy" in done.stdout, done
    assert site.apply(site.merge("meant")).returncode == 0 and site.edge() == ESP
    line = next(a for a in site.node.ctl("audit", ZONE).json["audit"] if a["event"] == "approved")
    assert (line["by"], line["text"]) == ("ops", "…"), line


def test_files_that_no_daemon_could_read_are_annotated_and_untidy_ones_named(t):
    site = Site(t)
    site.begin()
    site.pull_request("untidy", zone(2, more="NEW  a 192.0.2.9"), tidy=False)
    done = site.check()
    assert done.returncode == 1 and PATH in done.stderr, done
    site.git("checkout", "-q", "main")
    site.pull_request("broken", (site.work / PATH).read_text() + "url1234 TXT beside\n", tidy=False)
    site.git("checkout", "-q", "--detach", "broken")
    old, new = t.folder / "old.zone", site.work / PATH
    old.write_text(zone(1))
    done = site.node.ctl("diff", old, new, "--format", "github", plain=True)
    assert done.exit == 3 and f"::error file={new},line={site.line_of('TXT')},title=LB23 refused (C)::" in done.stdout
    new.write_text(zone(2, more="url A 192.0.2.999"))
    done = site.node.ctl("diff", old, new, "--format", "github", plain=True)
    assert done.exit == 1 and f"::error file={new},line={site.line_of('999')},title=refused::" in done.stdout, done


def test_the_first_zone_files_of_a_repository_are_reviewed_too(t):
    site = Site(t)
    site.git("checkout", "-q", "-b", "first")
    site.write_zone(zone(1))
    site.write("zones/branding.yaml", policy())
    site.commit("first")
    done = site.check()
    assert done.returncode == 0 and "serial none -> 1, pass" in done.stdout, done


flow.run()
