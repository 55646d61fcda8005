#!/usr/bin/env python3
"""Mutation testing: would the tests notice if the code were wrong?

    checks/mutants.py                    a sample of 200 of cargo-mutants' mutations, and those made by hand
    checks/mutants.py --sample 20        a smaller sample
    checks/mutants.py --only handmade    those made by hand alone
    checks/mutants.py --jobs 2           two at a time, each in a checkout of its own under target/mutants
    checks/mutants.py --resume           goes on where an interrupted run stopped

The sample is drawn by --seed from the references, losses, geometry, optimizers, schedules and regularisers. Mutations made by hand
stand in checks/mutants-handmade.txt, those that change nothing, each with its argument, in checks/mutants-equivalent.txt.
At least 95 % of those that change something must be caught, or the script fails.

Needs cargo-mutants, which lists the mutations: cargo install cargo-mutants --locked
"""
import argparse
import hashlib
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "checks"

# What is mutated, and the commands that should notice, the quickest first.
UNIT = "cargo test --profile mutants --package convnet-runtime --lib --"
FACADE = "cargo test --profile mutants --package convnet --all-features"
KERNELS = [f"{UNIT} gemm::", f"{UNIT} layers::tests", f"{FACADE} --test fusion"]
MUTATED = {
    "convnet-geometry/src/": [
        "cargo test --profile mutants --package convnet-geometry --all-features",
        "cargo test --profile mutants --package convnet-macros",
        f"{FACADE} --test reports --test zoo --test inference --test gradients",
    ],
    "convnet-runtime/src/reference/": [f"{UNIT} reference losses::", UNIT],
    "convnet-runtime/src/losses/": [f"{UNIT} losses::", f"{FACADE} --test losses --test bad_input", f"{FACADE} --test oracle"],
    "convnet-runtime/src/optimizers/": [f"{UNIT} optimizers::", f"{FACADE} --test optimizers --test lbfgs", f"{FACADE} --test oracle"],
    "convnet-runtime/src/schedules/": [f"{FACADE} --test schedules", f"{FACADE} --test oracle"],
    "convnet-runtime/src/regularization/": [f"{UNIT} regularization::", f"{FACADE} --test regularization --test gradient_check"],
    "convnet-runtime/src/gemm/": KERNELS,
    "convnet-runtime/src/simd/": KERNELS,
}
# What cargo-mutants is asked about; of the rest only mutations made by hand are tried.
LISTED = [path for path in MUTATED if not path.endswith(("gemm/", "simd/"))]
# Seconds after which tests that do not end count as failed; a build may take as long as it wants.
PATIENCE = 240


def listed(sample, seed, of_files):
    """A sample of cargo-mutants' mutations, in an order that the seed decides."""
    files = [argument for path in LISTED for argument in ("--file", path + "**/*.rs")]
    # What only words a message, and what tests alone use, is left out.
    found = subprocess.run(
        ["cargo", "mutants", "--list", "--json", "--workspace", *files, "--exclude-re", "impl (fmt::)?(Display|Debug)"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )
    is_meant = lambda file: "/tests" not in file and re.search(of_files, file)
    mutants = [mutant for mutant in json.loads(found.stdout) if is_meant(mutant["file"])]
    # By a hash of each, so that a mutation stays in the sample when others come or go.
    mutants.sort(key=lambda mutant: hashlib.sha256(f"{seed} {unplaced(mutant['name'])}".encode()).digest())
    print(f"{len(mutants)} mutations, of which {min(sample, len(mutants))} are tried", flush=True)
    return [
        {"name": mutant["name"], "file": mutant["file"], "span": mutant["span"], "text": mutant["replacement"]}
        for mutant in mutants
    ]


def handmade():
    """Blocks of three lines: a file, what stands there once, what to write instead; `#` begins a comment."""
    lines = (HERE / "mutants-handmade.txt").read_text().splitlines()
    blocks = [line for line in lines if line.strip() and not line.startswith("#")]
    triples = zip(*[iter(blocks)] * 3)
    return [
        {"name": f"{file}: {old.strip()} -> {new.strip()}", "file": file.strip(), "old": old.strip(), "new": new.strip()}
        for file, old, new in triples
    ]


def equivalent():
    """Names of mutations that change nothing; the argument for each stands above it, after `#`."""
    lines = (HERE / "mutants-equivalent.txt").read_text().splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def unplaced(name):
    """A mutation's name without its line and column, which move when a file is edited."""
    return re.sub(r":\d+:\d+:", ":", name)


def mutate(text, mutant):
    if "old" in mutant:
        if text.count(mutant["old"]) != 1:
            sys.exit(f"{mutant['name']}: what is to be replaced stands there {text.count(mutant['old'])} times")
        return text.replace(mutant["old"], mutant["new"])
    lines = text.splitlines(keepends=True)
    start, end = mutant["span"]["start"], mutant["span"]["end"]
    place = lambda at: sum(map(len, lines[: at["line"] - 1])) + at["column"] - 1
    return text[: place(start)] + mutant["text"] + text[place(end) :]


class Tree:
    """A checkout of its own, whose builds are kept from one mutation to the next."""

    def __init__(self, number):
        self.path = ROOT / "target" / "mutants" / f"tree{number}"
        if self.path.exists():
            self.git("checkout", "--quiet", "--force", "--detach", head())
        else:
            subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)
            subprocess.run(["git", "worktree", "add", "--quiet", "--force", "--detach", self.path, head()], cwd=ROOT, check=True)

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.path, check=True)

    def run(self, command):
        build = command.split(" -- ")[0].replace(" test ", " test --no-run ", 1)
        if subprocess.run(build.removesuffix(" --"), shell=True, cwd=self.path, capture_output=True).returncode != 0:
            return "unviable"
        process = subprocess.Popen(
            command, shell=True, cwd=self.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            return "passed" if process.wait(timeout=PATIENCE) == 0 else "caught"
        except subprocess.TimeoutExpired:
            # The shell, cargo and the tests.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return "caught"

    def check(self, files):
        """Without a mutation everything passes: what failed anyway would tell nothing."""
        needed = [command for path, commands in MUTATED.items() if re.search(files, path) for command in commands]
        for command in dict.fromkeys(needed):
            if self.run(command) != "passed":
                print(f"without any mutation `{command}` fails in {self.path}", file=sys.stderr)
                os._exit(2)

    def verdict(self, mutant):
        """`caught`, `missed`, or `unviable` if it does not compile."""
        file = self.path / mutant["file"]
        original = file.read_text()
        commands = next(commands for path, commands in MUTATED.items() if mutant["file"].startswith(path))
        file.write_text(mutate(original, mutant))
        try:
            for command in commands:
                found = self.run(command)
                if found != "passed":
                    return found
            return "missed"
        finally:
            file.write_text(original)


def head():
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sample", type=int, default=200)
    options.add_argument("--seed", type=int, default=231)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--resume", action="store_true", help="keep the verdicts of a run that was interrupted, but for what it missed")
    options.add_argument("--only", choices=["listed", "handmade"])
    options.add_argument("--files", default="", metavar="REGEX", help="only mutations of files that match")
    options = options.parse_args()
    work, wanted = queue.Queue(), 0
    known = {unplaced(name) for name in equivalent()}
    results, lock = {"caught": [], "missed": [], "unviable": [], "equivalent": []}, threading.Lock()
    if options.only != "listed":
        for mutant in handmade():
            if re.search(options.files, mutant["file"]):
                work.put(mutant)
                wanted += 1
    if options.only != "handmade":
        wanted += options.sample
        for mutant in listed(options.sample, options.seed, options.files):
            work.put(mutant)

    verdicts = ROOT / "target" / "mutants" / "verdicts.txt"
    verdicts.parent.mkdir(parents=True, exist_ok=True)
    before = {}
    if options.resume and verdicts.exists():
        before = dict(reversed(line.split(" ", 1)) for line in verdicts.read_text().splitlines())
        # What was missed may be caught by tests that came since.
        before = {name: found for name, found in before.items() if found != "missed"}
    else:
        verdicts.write_text("")

    def serve(number):
        tree = Tree(number)
        if number == 0 and not before:
            tree.check(options.files)
        while True:
            with lock:
                # One that does not compile is replaced by the next.
                if sum(len(results[kind]) for kind in ("caught", "missed", "equivalent")) + serve.running >= wanted:
                    return
                serve.running += 1
            try:
                mutant = work.get_nowait()
            except queue.Empty:
                return
            begin = time.time()
            name = unplaced(mutant["name"])
            found = "equivalent" if name in known else before.get(name) or tree.verdict(mutant)
            with lock:
                serve.running -= 1
                results[found].append(mutant["name"])
                if found != "equivalent" and name not in before:
                    with verdicts.open("a") as file:
                        print(found, name, file=file)
                print(f"{found:10} {time.time() - begin:5.0f} s  {mutant['name']}", flush=True)

    serve.running = 0
    workers = [threading.Thread(target=serve, args=(number,)) for number in range(options.jobs)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    tried = len(results["caught"]) + len(results["missed"])
    share = 100 * len(results["caught"]) / max(tried, 1)
    print(f"\n{len(results['caught'])} of {tried} caught, {share:.1f} %; {len(results['equivalent'])} change nothing; "
          f"{len(results['unviable'])} did not compile")
    for name in results["missed"]:
        print("missed:", name)
    sys.exit(share < 95)


if __name__ == "__main__":
    main()
