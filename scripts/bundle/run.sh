#!/usr/bin/env bash
# Tries and measures the GPU backend on this machine. It needs the driver of an NVIDIA GPU, nothing
# else; compute-sanitizer and a python3 with PyTorch for CUDA are used where they are found.
#
#   OUT=results DEVICE=gpu:0 SECONDS_EACH=2 ./run.sh
#   STEPS='conformance|bench-gemm.*' SHAPES='1x128x128 N8' ./run.sh   only these steps, only sizes that contain a word
#
# A step that fails is noted, and the next one begins. Everything goes into the folder $OUT:
# steps.jsonl, the output of each step, and rows of benchmarks as JSON. The end is a short table.
# The exit code is 1 if a step has failed.
set -u
cd "$(dirname "$0")"
OUT=${OUT:-results}
DEVICE=${DEVICE:-gpu:0}
SECONDS_EACH=${SECONDS_EACH:-2}
STEP_LIMIT=${STEP_LIMIT:-1800} # seconds
STEPS=${STEPS:-.*}
SHAPES=${SHAPES:-}
WORLDS=${WORLDS:-0} # of `gmel bench sim` and `gmel bench train`; 0: their defaults
TRAIN=${TRAIN:-}    # more options of `gmel bench train`
PRECISIONS=${PRECISIONS:-fp32 tf32 bf16} # of the factors of products
PYTHON=${PYTHON:-python3}
PEER_DEVICE=${PEER_DEVICE:-cuda} # where PyTorch computes
mkdir -p "$OUT" && OUT=$(cd "$OUT" && pwd) || exit 1
rm -f "$OUT"/*.jsonl "$OUT"/*.txt
for program in gmel gpu.test; do
  [ $program -nt $program.gz ] || { gzip -dc $program.gz > $program && chmod +x $program; } || exit 1
done
export CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES:-${DEVICE#gpu:}} # gpu:0 from here on

failed=0 table=
note() { # note NAME RESULT SECONDS
  printf '{"step":"%s","result":"%s","seconds":%d}\n' "$1" "$2" "$3" >> "$OUT/steps.jsonl"
  table+=$(printf '%-28s %-8s %5d s' "$1" "$2" "$3")$'\n'
  echo "$1: $2 after $3 s" >&2
}
chosen() { [[ $1 =~ ^($STEPS)$ ]]; }
play() { # play NAME FILE COMMAND...: what it prints goes to FILE, what it complains of to NAME.txt
  local name=$1 file=$2 begin=$SECONDS result=pass
  shift 2
  chosen "$name" || return 0
  timeout "$STEP_LIMIT" "$@" > "$OUT/$file" 2> "$OUT/$name.err" || result=FAIL
  cat "$OUT/$name.err" >> "$OUT/$name.txt" && rm "$OUT/$name.err"
  ! grep -q 'no tests to run' "$OUT/$name.txt" || result=FAIL
  [ $result = pass ] || { failed=1; tail -n 5 "$OUT/$name.txt" >&2; }
  note "$name" $result $((SECONDS - begin))
}
step() { play "$1" "$1.txt" "${@:2}"; }
rows() { play "$1" "$1.jsonl" "${@:2}" --json --seconds "$SECONDS_EACH"; }
shapes=()
for word in $SHAPES; do shapes+=(--shapes "$word"); done
bench() { rows "$1" ./gmel bench "${@:2}" --backend gpu "${shapes[@]}"; } # bench NAME WORK OPTION...
tests() { step "$1" ./gpu.test -test.v -test.run "$2"; }                   # tests NAME PATTERN

step info ./gmel info --json
if command -v nvidia-smi >/dev/null; then step machine nvidia-smi -q; else note machine skipped 0; fi
tests backend 'TestSegments|TestCopies|TestArenas|TestDebug|TestPrecision$|TestProfile$|TestAfterClose'
tests conformance 'TestConformance|TestRandomShapes|TestPrecisions$'
tests graphs 'TestGraphs|TestProfiledRuns'
tests parity 'TestParity|TestPrecisionsAgree'
tests worlds 'TestWorlds|OneGraph|TestIllegalAction|TestProgramsShareWorlds|TestBackendsTakeTurns|TestHostAndDeviceTakeTurns|TestHostPlaysBlindWorlds|TestGauges'

if sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null); then
  for tool in memcheck racecheck initcheck; do
    step "sanitizer-$tool" "$sanitizer" --tool $tool --error-exitcode 9 ./gpu.test -test.run 'TestConformance/.*/.*/1$|TestGraphs'
  done
else
  note sanitizer skipped 0
fi

works='gemm actor critic update ppo-update iteration unet-block attention adam'
for precision in $PRECISIONS; do
  for work in $works; do bench "bench-$work-$precision" "$work" --precision "$precision"; done
done
step chains ./gpu.test -test.run '^$' -test.bench Chains -test.benchtime 300x # products together in a launch, and alone
rows bench-sim ./gmel bench sim --backend gpu --worlds "$WORLDS"
rows bench-sim-many ./gmel bench sim --backend gpu --ieds 30 --ieds 100 --worlds 65536
rows bench-sim-cpu ./gmel bench sim --ieds 30 --ieds 100
rows bench-train ./gmel bench train --backend gpu --worlds "$WORLDS" $TRAIN
rows bench-train-many ./gmel bench train --backend gpu --algo amarl-ppo --ieds 30 --ieds 100 --ieds 300 --worlds 1024

if "$PYTHON" -c "import sys, torch; sys.exit('$PEER_DEVICE' == 'cuda' and not torch.cuda.is_available())" 2>/dev/null; then
  for precision in $PRECISIONS; do
    peer="$PYTHON peer/peer.py --device $PEER_DEVICE --precision $precision"
    for work in $works; do bench "peer-$work-$precision" "$work" --precision "$precision" --peer "$peer"; done
  done
else
  note peer skipped 0
fi

value() { echo "\"$1\":([0-9.e+-]+),"; } # a number of a row, by sed
{
  echo; printf '%s' "$table"; echo
  for f in "$OUT"/bench-*.jsonl; do
    [ -e "$f" ] || continue
    name=$(basename "$f" .jsonl)
    sed -nE "s/^\{\"name\":\"[^\"]*\",\"shape\":\"([^\"]*)\".*$(value seconds).*$(value rate)\"unit\":\"([^\"]*)\".*/\1\t\2\t\3\t\4/p" "$f" |
      awk -F'\t' -v f="$name" '{ printf "%-20s %-44s %12.2f us  %12.4g %s\n", f, $1, $2 * 1e6, $3, $4 }'
    sed -nE "s/^\{\"name\":\"sim\",\"work\":\"([^\"]*)\",$(value ieds).*$(value worlds).*$(value rate)\"unit\":\"([^\"]*)\".*/\1, \2 IEDs, \3 worlds\t\4\t\5/p" "$f" |
      awk -F'\t' -v f="$name" '{ printf "%-20s %-60s  %12.4g %s\n", f, $1, $2, $3 }'
    sed -nE "s/^\{\"name\":\"train\",\"algo\":\"([^\"]*)\",$(value ieds)$(value worlds).*\"step\":\{[^}]*\"rate\":([^}]*)\},\"step_inference\":\{[^}]*\"rate\":([^}]*)\},\"step_inference_update\":\{[^}]*\"rate\":([^}]*)\}.*/\1, \2 IEDs, \3 worlds\t\4\t\5\t\6/p" "$f" |
      awk -F'\t' -v f="$name" '{ printf "%-20s %-44s %.4g step, %.4g + inference, %.4g + update, agent-steps/s\n", f, $1, $2, $3, $4 }'
  done
  for f in "$OUT"/peer-*.jsonl; do
    [ -e "$f" ] || continue
    sed -nE "s/.*\"shape\":\"([^\"]*)\".*\"peer\":\"([^\"]*)\",\"variant\":\"([^\"]*)\".*$(value ratio).*/\1\t\2\t\3\t\4/p" "$f" |
      awk -F'\t' -v f="$(basename "$f" .jsonl)" '{ printf "%-20s %-44s %6.2f times %s, %s\n", f, $1, $4, $2, $3 }'
  done
} | tee "$OUT/table.txt"
exit $failed
