#!/usr/bin/env bash
# Tries and measures the GPU backend on this machine. It needs the driver of an NVIDIA GPU, nothing
# else; compute-sanitizer and a python3 with PyTorch for CUDA are used where they are found.
#
#   OUT=results DEVICE=gpu:0 SECONDS_EACH=2 ./run.sh
#
# A step that fails is noted, and the next one begins. Everything goes into the folder $OUT:
# steps.jsonl, the output of each step, and rows of benchmarks as JSON. The end is a short table.
# The exit code is 1 if a step has failed.
set -u
cd "$(dirname "$0")"
OUT=${OUT:-results}
DEVICE=${DEVICE:-gpu:0}
SECONDS_EACH=${SECONDS_EACH:-2}
PYTHON=${PYTHON:-python3}
mkdir -p "$OUT" && OUT=$(cd "$OUT" && pwd) || exit 1
: > "$OUT/steps.jsonl"
export CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES:-${DEVICE#gpu:}}

failed=0 table=
note() { # note NAME RESULT SECONDS
  printf '{"step":"%s","result":"%s","seconds":%d}\n' "$1" "$2" "$3" >> "$OUT/steps.jsonl"
  table+=$(printf '%-28s %-8s %5d s' "$1" "$2" "$3")$'\n'
  echo "$1: $2 after $3 s" >&2
}
step() { # step NAME COMMAND...: what it prints goes to NAME.txt
  local name=$1 begin=$SECONDS result=pass
  shift
  timeout "${STEP_LIMIT:-1800}" "$@" > "$OUT/$name.txt" 2>&1 || { result=FAIL; failed=1; tail -n 5 "$OUT/$name.txt" >&2; }
  note "$name" "$result" $((SECONDS - begin))
}
bench() { # bench NAME COMMAND...: rows go to NAME.jsonl
  local name=$1 begin=$SECONDS result=pass
  shift
  timeout "${STEP_LIMIT:-1800}" "$@" --backend gpu --json --seconds "$SECONDS_EACH" > "$OUT/$name.jsonl" 2> "$OUT/$name.txt" ||
    { result=FAIL; failed=1; tail -n 1 "$OUT/$name.txt" >&2; }
  note "$name" "$result" $((SECONDS - begin))
}

step info ./gmel info --json
step backend ./gpu.test -test.run 'TestSegments|TestCopies|TestArenas|TestDebug|TestPrecision|TestProfile$|TestAfterClose'
step conformance ./gpu.test -test.run 'TestConformance|TestRandomShapes'
step graphs ./gpu.test -test.run 'TestGraphs|TestProfiledRuns'
step parity ./gpu.test -test.run TestParity
step worlds ./gpu.test -test.run 'World|TestRolloutIsOneGraph|TestIllegalAction|TakeTurns|TestHostPlaysOptions|TestGauges'

if sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null); then
  for tool in memcheck racecheck initcheck; do
    step "sanitizer-$tool" "$sanitizer" --tool $tool --error-exitcode 9 ./gpu.test -test.run 'TestConformance/.*/.*/1$|TestGraphs'
  done
else
  note sanitizer skipped 0
fi

works='gemm actor critic update unet-block attention'
for work in $works; do bench "bench-$work" ./gmel bench $work; done
for precision in tf32 bf16; do bench "bench-gemm-$precision" ./gmel bench gemm --precision $precision; done

if "$PYTHON" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
  for work in $works; do bench "peer-$work" ./gmel bench $work --peer "$PYTHON peer/peer.py --device cuda"; done
  for precision in tf32 bf16; do
    bench "peer-gemm-$precision" ./gmel bench gemm --precision $precision --peer "$PYTHON peer/peer.py --device cuda --precision $precision"
  done
else
  note peer skipped 0
fi

{
  echo; printf '%s' "$table"; echo
  for f in "$OUT"/bench-*.jsonl; do
    sed -nE 's/.*"name":"([^"]*)","shape":"([^"]*)".*"seconds":([0-9.e+-]+),.*"rate":([0-9.e+-]+),"unit":"([^"]*)".*/\1\t\2\t\3\t\4\t\5/p' "$f" |
      awk -F'\t' -v f="$(basename "$f" .jsonl)" '{ printf "%-20s %-44s %12.2f us  %12.4g %s\n", f, $2, $3 * 1e6, $4, $5 }'
  done
  for f in "$OUT"/peer-*.jsonl; do
    [ -e "$f" ] || continue
    sed -nE 's/.*"shape":"([^"]*)".*"peer":"([^"]*)","variant":"([^"]*)".*"ratio":([0-9.e+-]+),.*/\1\t\2\t\3\t\4/p' "$f" |
      awk -F'\t' -v f="$(basename "$f" .jsonl)" '{ printf "%-20s %-44s %6.2f times %s, %s\n", f, $1, $4, $2, $3 }'
  done
} | tee "$OUT/table.txt"
exit $failed
