#!/usr/bin/env python3
"""convnet beside PyTorch, ONNX Runtime and other Rust libraries: the same networks, in turn, on this machine.

    benches/compare.py --peers DIR --python VENV/bin/python              all eight networks, 1 and 2 threads
    benches/compare.py --peers DIR --python ... --nets card,lenet --threads 1 --repeats 7
    benches/compare.py --peers DIR --python ... --rust-peers burn,candle,rten
    benches/compare.py --peers DIR --python ... --markdown               a table for docs/performance.md

DIR holds the scripts that run the other libraries (bench_torch.py, bench_ort.py, export_onnx.py and what they import). They
want torch, onnx, onnxscript, onnxruntime and numpy:

    python3 -m venv venv && venv/bin/pip install torch onnx onnxscript onnxruntime numpy

Every repeat runs ours and theirs one after the other, each network in a process of its own, so that what else the machine
does falls on both. What is printed for each cell is the median of the repeats' ratios, ours over theirs, with the smallest and
the largest; theirs is the better of PyTorch eager and channels_last in each repeat. Memory is the process's peak, theirs over
ours; above import, it is theirs less the peak of a process that only imports torch, over the whole of ours.

benches/peers has a program for each Rust library. A cell that one cannot run, or not within --cell-limit, is left out, with a
line on stderr.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Batches of inference and training, as benches/throughput has them.
NETS = {
    "lenet": ([1, 64], 64), "card": ([1, 64], 64), "minivgg": ([1, 64], 64), "resnet20": ([1, 64], 64),
    "alexnet": ([1], 8), "vgg16": ([1], 2), "resnet18": ([1], 4), "resnet50": ([1], 4),
}
RUST_PEERS = ["burn", "candle", "rten"]
# For each ratio a title, and what it is to reach in every cell and in the geometric mean.
SECTIONS = {
    "train": ("training, PyTorch", 1.2, 2.0),
    "infer": ("inference, PyTorch", 1.5, 2.5),
    "ort": ("inference, ONNX Runtime", 1.0, 1.3),
    "memory": ("peak memory, PyTorch", 1.3, 4.0),
    "memory above import": ("memory above import, PyTorch", 1.2, None),
    "train burn": ("training, burn", 1.5, 3.0),
    "infer burn": ("inference, burn", 1.5, 3.0),
    "train candle": ("training, candle", 1.5, 3.0),
    "infer candle": ("inference, candle", 1.5, 3.0),
    "infer rten": ("inference, rten", 1.5, 3.0),
}


def build(rust_peers):
    """The benchmarks' programs, by library."""
    programs = {"convnet": program("throughput", "bench", "--bench", "throughput", "--features", "zoo", "--no-run")}
    for peer in rust_peers:
        manifest = f"benches/peers/{peer}/Cargo.toml"
        programs[peer] = program(f"peer-{peer}", "build", "--release", "--manifest-path", manifest)
    return programs


def program(name, *command):
    """The one of this name that a cargo command builds."""
    built = subprocess.run(
        ["cargo", *command, "--message-format=json-render-diagnostics"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == name)


def memory_of_import(python):
    """The peak of a process that only imports torch, in MiB."""
    script = "import resource, torch; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    return float(subprocess.run([python, "-c", script], check=True, stdout=subprocess.PIPE, text=True).stdout)


def lines(command, cwd, threads, limit=None):
    """What a process prints, a figure a line; nothing if it takes longer than so many seconds."""
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    command, env = list(map(str, command)), os.environ | {name: str(threads) for name in names}
    try:
        run = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=env, timeout=limit)
    except subprocess.TimeoutExpired:
        print(f"left out after {limit:g} s: {' '.join(command)}", file=sys.stderr)
        return []
    if run.returncode != 0:
        print(f"failed: {' '.join(command)}\n{run.stderr.strip()}", file=sys.stderr)
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def repeat(options, programs, left_out, net, threads):
    """One turn of every library: figures by library, mode and batch."""
    (infer, train), found = NETS[net], {}
    cells = [f"infer:{b}" for b in infer] * ("infer" in options.modes) + [f"train:{train}"] * ("train" in options.modes)
    # Each mode in a process of its own, for the sake of its peak memory.
    commands = [
        [programs["convnet"], "--nets", net, "--threads", threads, "--modes", mode, "--budget", options.budget]
        for mode in options.modes
    ]
    for peer in ("torch-eager", "torch-channels_last"):
        commands += [
            [options.python, "bench_torch.py", "one", peer, net, threads, *of_mode, "--budget", options.budget]
            for mode in options.modes if (of_mode := [cell for cell in cells if cell.startswith(mode)])
        ]
    if "infer" in options.modes and not options.without_ort:
        of_mode = [cell for cell in cells if cell.startswith("infer")]
        commands.append([options.python, "bench_ort.py", "one", "onnxruntime", net, threads, *of_mode, "--budget", options.budget])
    for command in commands:
        for line in lines(command, options.work, threads):
            found[line["peer"], line["mode"], line["batch"]] = line
    for command in rust_commands(options, programs, net, threads):
        if command in left_out:
            continue
        printed = lines(command, options.work, threads, options.cell_limit)
        found |= {(line["peer"], line["mode"], line["batch"]): line for line in printed}
        if not printed:
            left_out.add(command)
    return found


def rust_commands(options, programs, net, threads):
    """A process for each cell of the Rust libraries."""
    infer, train = NETS[net]
    batches = {"infer": infer, "train": [train]}
    for peer in options.rust_peers:
        for mode in options.modes:
            for batch in batches[mode] if f"{mode} {peer}" in SECTIONS else []:
                command = (programs[peer], "--nets", net, "--threads", threads, "--modes", mode, "--batches", batch)
                yield *command, "--budget", options.budget, *(("--onnx", "onnx") if peer == "rten" else ())


def ratios(found, import_mb):
    """Of one repeat: (what, mode, batch) to ours over theirs; memory is theirs over ours."""
    for (peer, mode, batch), ours in found.items():
        if peer != "convnet":
            continue
        torch = [found[p, mode, batch] for p in ("torch-eager", "torch-channels_last") if (p, mode, batch) in found]
        if torch:
            yield (mode, mode, batch), ours["images_per_s"] / max(line["images_per_s"] for line in torch)
            peak = min(line["peak_rss_mb"] for line in torch)
            yield ("memory", mode, batch), peak / ours["peak_rss_mb"]
            yield ("memory above import", mode, batch), (peak - import_mb) / ours["peak_rss_mb"]
        if ort := found.get(("onnxruntime", mode, batch)):
            yield ("ort", mode, batch), ours["images_per_s"] / ort["images_per_s"]
        for rust_peer in RUST_PEERS:
            if theirs := found.get((rust_peer, mode, batch)):
                yield (f"{mode} {rust_peer}", mode, batch), ours["images_per_s"] / theirs["images_per_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    listed = lambda text: text.split(",")
    parser.add_argument("--peers", type=pathlib.Path, required=True, help="the folder of the other libraries' scripts")
    parser.add_argument("--python", default=sys.executable, help="a Python that has the other libraries")
    parser.add_argument("--work", type=pathlib.Path, help="a folder for the exported networks, kept for the next run")
    parser.add_argument("--nets", type=listed, default=list(NETS))
    parser.add_argument("--modes", type=listed, default=["infer", "train"])
    parser.add_argument("--threads", type=lambda text: [int(n) for n in text.split(",")], default=[1, 2])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--budget", type=float, default=1.0, help="seconds for each figure")
    parser.add_argument("--without-ort", action="store_true", help="leaves ONNX Runtime out")
    parser.add_argument("--rust-peers", type=listed, default=[], help=f"of {','.join(RUST_PEERS)}; none unless named")
    parser.add_argument("--cell-limit", type=float, default=120.0, help="seconds after which a Rust library's cell is left out")
    parser.add_argument("--markdown", action="store_true", help="prints tables")
    options = parser.parse_args()
    if not (options.peers / "bench_torch.py").exists():
        parser.error(f"{options.peers} has no bench_torch.py: --peers is the folder of the other libraries' scripts")
    if unknown := [net for net in options.nets if net not in NETS]:
        parser.error(f"{', '.join(unknown)}: none of {', '.join(NETS)}")
    if unknown := [peer for peer in options.rust_peers if peer not in RUST_PEERS]:
        parser.error(f"{', '.join(unknown)}: none of {', '.join(RUST_PEERS)}")
    if not (python := shutil.which(options.python)):
        parser.error(f"{options.python} is no Python that can be run")
    options.python = os.path.abspath(python)
    programs = build(options.rust_peers)
    options.work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="convnet-compare-"))
    options.work.mkdir(parents=True, exist_ok=True)
    for script in options.peers.glob("*.py"):
        shutil.copyfile(script, options.work / script.name)
    exported = "infer" in options.modes and ("rten" in options.rust_peers or not options.without_ort)
    if exported and not (options.work / "onnx").exists():
        subprocess.run([options.python, "export_onnx.py"], cwd=options.work, check=True, stdout=subprocess.DEVNULL)
    import_mb, left_out = memory_of_import(options.python), set()
    all_ratios, figures = {}, {}
    for number in range(options.repeats):
        for net in options.nets:
            for threads in options.threads:
                found = repeat(options, programs, left_out, net, threads)
                for (peer, mode, batch), line in found.items():
                    figures.setdefault((net, mode, batch, threads, peer), []).append(line["images_per_s"])
                for (what, mode, batch), ratio in ratios(found, import_mb):
                    all_ratios.setdefault((what, net, mode, batch, threads), []).append(ratio)
                print(f"repeat {number + 1} of {options.repeats}: {net}, {threads} threads", file=sys.stderr, flush=True)
    report(all_ratios, figures, options.markdown)


def geometric_mean(numbers):
    return math.exp(statistics.fmean(map(math.log, numbers)))


def report(all_ratios, figures, markdown):
    for what, (title, least, mean) in SECTIONS.items():
        cells = {cell[1:]: found for cell, found in all_ratios.items() if cell[0] == what}
        if not cells:
            continue
        medians = {cell: statistics.median(found) for cell, found in cells.items()}
        average = f"geometric mean {geometric_mean(medians.values()):.2f} (wanted {mean}), " if mean else ""
        print(f"\n{title}: {average}least {min(medians.values()):.2f} (wanted {least})\n")
        if markdown:
            print("| net | mode | batch | threads | ratio | from | to | ours, images/s |\n|---|---|---|---|---|---|---|---|")
        for (net, mode, batch, threads), found in cells.items():
            ours = statistics.median(figures[net, mode, batch, threads, "convnet"])
            row = [net, mode, batch, threads, f"{statistics.median(found):.2f}", f"{min(found):.2f}", f"{max(found):.2f}", f"{ours:,.1f}"]
            short = "" if statistics.median(found) >= least else "  <- short"
            print(("| " + " | ".join(map(str, row)) + " |") if markdown else "  ".join(f"{str(c):>9}" for c in row) + short)


if __name__ == "__main__":
    main()
