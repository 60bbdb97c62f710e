#!/usr/bin/env bash
# Tries and measures the GPU backend on this machine, in a bounded time. It needs the driver of an NVIDIA GPU and nothing else;
# compute-sanitizer and a python3 with PyTorch for CUDA are used where they are found.
#
#   ./run.sh            tests, then measurements, then sanitizers: 9 minutes at most
#   ./run.sh tests      tests, then sanitizers: 150 s
#   ./run.sh measure    measurements alone: 400 s
#   STEPS='conformance-.*|bench-critic-.*' ./run.sh    only these steps
#
# OUT     folder of the results (results, beside this script): MODE-table.txt, MODE-rows.jsonl and MODE-results.tgz, the output of each step
# LEASE   seconds for everything; what does not fit is listed as not run
# DEVICE  gpu:0
#
# Every step is a process of its own with a time limit. One that fails, hangs or breaks the device is listed, and the next one
# begins. Rows are kept as they come; table and archive are written at any end, also after Ctrl-C or a SIGTERM.
# The exit code is 1 if a step has failed or a signal has ended the script, 3 if neither but some steps did not fit or were skipped.
set -u
cd "$(dirname "$0")"

mode=${1:-all}
case $mode in
all) lease=540 ;;
tests) lease=150 ;;
measure) lease=400 ;;
*) echo "run.sh: there is no mode $mode; allowed are all, tests and measure" >&2; exit 2 ;;
esac
OUT=${OUT:-results}
LEASE=${LEASE:-$lease}
DEVICE=${DEVICE:-gpu:0}
STEPS=${STEPS:-.*}
STEP_LIMIT=${STEP_LIMIT:-55}       # seconds of a step
SECONDS_EACH=${SECONDS_EACH:-0.3}  # of a row of a benchmark
JOBS=${JOBS:-8}                    # tests at a time
PARTS=${PARTS:-64}                 # of the suites of ops: more than they have items, so that each op has a process
PYTHON=${PYTHON:-python3}
REHEARSAL=${REHEARSAL:-}           # not empty: the smallest sizes, for an emulated device
RESERVE=${RESERVE:-5}              # seconds for table and archive

[[ $LEASE =~ ^[0-9]+$ ]] || { echo "run.sh: LEASE is $LEASE; allowed are whole seconds" >&2; exit 2; }
TEST_LIMIT=${TEST_LIMIT:-$((LEASE / 3))} # seconds after which tests leave the time to measurements, if there are any
mkdir -p "$OUT" && OUT=$(cd "$OUT" && pwd) || exit 2
if ls "$OUT/$mode"-* >/dev/null 2>&1; then
  echo "run.sh: $OUT has results of an earlier $mode; name another folder with OUT" >&2
  exit 2
fi
deadline=$LEASE # of the steps at hand
((TEST_LIMIT <= LEASE)) || TEST_LIMIT=$LEASE
raw=$(mktemp -d) || exit 2 # the output of each step
touch "$raw/pids"
declare -A running # steps in the background
ended=0            # 1: by a signal
copy=              # of this folder, in which the programs are unpacked, if it cannot be written to
if [ ! -w . ]; then
  copy=$(mktemp -d) && cp -r ./. "$copy" && cd "$copy" || exit 2
fi
for program in gmel gpu.test; do
  [ -x $program ] || chmod +x $program 2>/dev/null || { gzip -dc $program.gz > $program.new && chmod +x $program.new && mv $program.new $program; } || exit 2
done
export CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES:-${DEVICE#gpu:}} # gpu:0 from here on

note() { # note NAME RESULT SECONDS [REMARK]
  printf '{"step":"%s","result":"%s","seconds":%d,"remark":"%s"}\n' "$1" "$2" "$3" "$(tr -d '"\\\n' <<< "${4:-}" | cut -c1-160)" >> "$raw/steps.jsonl"
  [[ $2 =~ ^(begun|pass)$ ]] || echo "$1: $2 after $3 s${4:+, $4}" >&2
}

# begin COMMAND... starts it in a process group of its own and sets child.
begin() {
  set -m
  "$@" 9>&- &
  child=$!
  set +m
  echo $child >> "$raw/pids"
}

# limited SECONDS COMMAND... ends the command after its time: 124. A process that even SIGKILL does not end, because it waits for
# the driver, is left behind.
limited() {
  local end=$((SECONDS + $1))
  begin "${@:2}"
  while kill -0 $child 2>/dev/null; do
    ((SECONDS < end)) || break
    sleep 0.1
  done
  if ! kill -0 $child 2>/dev/null; then
    wait $child
    return
  fi
  kill -TERM -- -$child 2>/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $child 2>/dev/null && sleep 0.2; done
  kill -KILL -- -$child 2>/dev/null
  return 124
}

# complaint is the first thing that went wrong in an output: what a failed test says first, a panic, an error.
complaint() {
  awk '/^ *--- (PASS|SKIP)/ { said = "" }
    /^ +[a-z_]+\.go:[0-9]+: / && said == "" { said = $0 }
    /^ *--- FAIL/ && said != "" || /^panic: |^SIG[A-Z]+: |^gmel: |[Ee]rror/ { if (said == "") said = $0; sub(/^ +/, "", said); print said; exit }'
}

# allow sets limit: the seconds that a step may take now.
allow() {
  limit=$((deadline - RESERVE - SECONDS))
  ((limit <= STEP_LIMIT)) || limit=$STEP_LIMIT
}

chosen() { [[ $1 =~ ^($STEPS)$ ]]; }

# step NAME FILE COMMAND...: what the command prints goes to FILE, what it complains of to NAME.err.
step() {
  local name=$1 file=$2 began=$SECONDS limit code
  shift 2
  chosen "$name" || return 0
  allow
  ((limit >= 3)) || { note "$name" 'not run' 0; return; }
  note "$name" begun 0
  limited $limit "$@" > "$raw/$file" 2> "$raw/$name.err" < /dev/null
  code=$?
  local seconds=$((SECONDS - began)) remark
  remark=$(cat "$raw/$name.err" "$raw/$file" | complaint)
  case $code in
  0) note "$name" pass $seconds "$(grep -c '^ *--- PASS' "$raw/$file" | sed 's/^0$//; s/$/ passed/; s/^ passed//')" ;;
  124) note "$name" hung $seconds "it had $limit s" ;;
  *) note "$name" FAIL $seconds "exit code $code: $remark" ;;
  esac
}

# pool [COMMAND...] reads lines "NAME ARGUMENT..." and runs the tests with these arguments, under the command, JOBS at a time.
pool() {
  local name arguments finished
  running=()
  while read -r name arguments; do
    if ((${#running[@]} >= JOBS)); then
      wait -n -p finished "${!running[@]}"
      [ -z "${finished:-}" ] || unset "running[$finished]"
    fi
    step "$name" "$name.txt" "$@" ./gpu.test -test.v $arguments &
    running[$!]=1
  done
  ((${#running[@]} == 0)) || wait "${!running[@]}"
  running=()
  save
}

# parts NAME PATTERN: the tests of a suite, in parts of an op each.
parts() {
  local i
  for ((i = 1; i <= PARTS; i++)); do printf '%s-%02d -test.run ^(%s)$ -suite.part %d/%d\n' "$1" $i "$2" $i "$PARTS"; done
}

# rows NAME COMMAND...: a benchmark, whose rows save finds, also those of one that was ended.
rows() {
  step "$1" "$1.jsonl" "${@:2}" --json --seconds "$SECONDS_EACH"
  save
}

# bench NAME WORK PRECISION OPTION...
bench() { rows "$1-$2-$3" ./gmel bench "$2" --backend gpu --precision "$3" "${@:4}" $batch; }

# --- what there is to do ---

batch= rounds=300x ieds=100 worlds=1024 many=16384 agents=(8 32 128 256) rivals=(32 256) updates='amarl' wide='H128 B1024' mlps='' adam=10000000
products=('NN 7680x64x64' 'NT 7680x64x64' 'TN 64x64x7680' 'NN 4096x128x128' 'NN 8192x128x128' 'NN 32768x64x64' 'NN 1024x1024x1024' 'NN 1x128x128')
if [ -n "$REHEARSAL" ]; then
  batch='--batch 2' rounds=1x ieds=6 worlds=2 many=2 agents=(8) rivals=(8) updates=H64 wide=H64 mlps=32-64 adam=65536
  products=('NN 1x128x128')
fi
sizes() { # sizes PREFIX SUFFIX SIZE...: options that choose these sizes
  local size
  for size in "${@:3}"; do options+=(--shapes "$1$size$2"); done
}

identify() {
  step info info.json ./gmel info --json
  step machine machine.txt sh -c 'uname -a; nproc; ldd --version | head -n 1; nvcc --version; nvidia-smi -q; true'
}

# One op a process: a fault leaves a device's context useless to the process that met it. Then every other test by itself.
tests() {
  local suites='TestConformance|TestRandomShapes|TestPrecisions' again='TestGraphs|TestProfiledRuns' first='TestParity|TestPrecisionsAgree|TestWorlds'
  local deadline=$LEASE
  [ $mode = tests ] || deadline=$TEST_LIMIT
  pool < <(parts conformance "$suites")
  pool < <(parts graphs "$again")
  pool < <({
    echo "${first//|/$'\n'}"
    ./gpu.test -test.list . | grep ^Test | grep -vxE "$suites|$again|$first|TestHold"
  } | sed 's/.*/test-& -test.run ^&$/')
}

measure() {
  local options=() precision size
  sizes N ' ' "${agents[@]}"
  for precision in fp32 bf16; do bench bench critic $precision "${options[@]}"; done
  bench bench update fp32 --shapes "$updates"
  bench bench ppo-update fp32
  bench bench actor fp32 --shapes "$mlps"
  bench bench unet-block fp32
  for size in xs s; do
    bench bench unet-$size-sample fp32
    bench bench unet-$size-train fp32
  done
  batch= bench bench adam fp32 --shapes $adam
  options=()
  sizes '' '' "${products[@]}"
  batch= bench bench gemm fp32 "${options[@]}"
  rows bench-sim ./gmel bench sim --backend gpu --ieds 30 --ieds $ieds --worlds $many
  rows bench-train ./gmel bench train --backend gpu --algo amarl-ppo --ieds $ieds --worlds $worlds ${REHEARSAL:+--set train.slots_per_iteration=4 --set train.warmup_slots=4 --set amarl-ppo.minibatches=2}
  bench bench update bf16 --shapes "$updates"
  bench bench unet-block bf16
  batch= bench bench gemm bf16 "${options[@]}"
  step chains chains.txt ./gpu.test -test.run '^$' -test.bench Chains -test.benchtime $rounds # products together in a launch, and alone
}

# beside NAME WORK PRECISION SHAPE: a work in turns with PyTorch, which compiles for most of the time. The search for the best way
# leaves enough of the step to start PyTorch again, which a way that is ended needs, and to take turns.
beside() {
  local STEP_LIMIT=$((STEP_LIMIT + 5))
  bench "$1" "$2" "$3" --shapes "$4" --peer "$peer" --patience 22 --search 22
}

# has_torch loads PyTorch, for the first time and with a time limit.
has_torch() {
  local limit
  allow
  limited $limit "$PYTHON" -c 'import sys, torch; print(torch.__version__); sys.exit(not torch.cuda.is_available())' > "$raw/torch.txt" 2>&1 < /dev/null
}

compare() {
  local precision n
  if [ -z "${PEER:-}" ] && ! has_torch; then
    note peers skipped 0 "$PYTHON has no PyTorch for CUDA, or does not load it in time"
    return
  fi
  for precision in fp32 bf16; do
    peer=${PEER:-$PYTHON peer/peer.py --device cuda --precision $precision}
    for n in "${rivals[@]}"; do beside peer-N$n critic $precision "N$n "; done
    beside peer update $precision "$wide"
  done
}

sanitize() {
  local tool sanitizer
  sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null) || { note sanitizers skipped 0 'there is no compute-sanitizer'; return; }
  step sanitizer sanitizer.txt "$sanitizer" --tool memcheck --error-exitcode 9 ./gpu.test -test.run '^TestCopies$'
  if grep -qis 'device not supported' "$raw/sanitizer.txt" "$raw/sanitizer.err"; then # as in some virtual machines
    note sanitizer skipped 0 'compute-sanitizer: Device not supported'
    return
  fi
  for tool in memcheck racecheck; do
    pool "$sanitizer" --tool $tool --error-exitcode 9 < <(parts "$tool" TestConformance)
  done
}

# --- what is left of it ---

# table counts each step by its last word: one that has begun and has said nothing since was cut off.
table() {
  awk -F'"' -v commit="$(cat commit)" -v mode="$mode" -v spent=$SECONDS -v lease="$LEASE" '
    { split($11, n, /[:,]/); if (!($4 in result)) order[++steps] = $4; result[$4] = $8; seconds[$4] = n[2]; remark[$4] = $14 }
    END {
      for (i = 1; i <= steps; i++) {
        name = order[i]; r = result[name] == "begun" ? "cut off" : result[name]
        group = name; sub(/-[0-9]+$/, "", group); sub(/^test-.*/, "other tests", group)
        if (!(group in of)) groups[++kinds] = group
        of[group]++; count[r]++
        if (seconds[name] > longest[group]) longest[group] = seconds[name]
        if (r == "pass") passed[group]++
        else bad = bad sprintf("%-28s %-8s %4d s  %s\n", name, r, seconds[name], remark[name])
      }
      printf "%s, %s: %d steps, %d passed", commit, mode, steps, count["pass"]
      split("FAIL|hung|cut off|not run|skipped", words, "|")
      for (i = 1; i <= 5; i++) printf ", %d %s", count[words[i]], words[i]
      printf "; %d of %d s\n\n%s\n", spent, lease, bad
      for (i = 1; i <= kinds; i++) printf "%-28s %3d of %3d passed, the longest took %d s\n", groups[i], passed[groups[i]], of[groups[i]], longest[groups[i]]
    }' "$raw/steps.jsonl"
  [ ! -s "$OUT/$mode-rows.jsonl" ] || { echo; timeout -k 1 5 ./gmel bench show --rows "$OUT/$mode-rows.jsonl"; }
}

# save writes rows, table and archive, each whole or not at all. tar says 1 where a file has grown meanwhile.
save() {
  [ -e "$raw/steps.jsonl" ] || return 0
  (cd "$raw" && ls -tr | grep -E '^(bench|peer)-.*jsonl$' | xargs -r cat) > "$OUT/$mode-rows.new"
  [ ! -s "$OUT/$mode-rows.new" ] && rm "$OUT/$mode-rows.new" || mv "$OUT/$mode-rows.new" "$OUT/$mode-rows.jsonl"
  table > "$OUT/$mode-table.new" 2>&1
  mv "$OUT/$mode-table.new" "$OUT/$mode-table.txt"
  tar -czf "$OUT/$mode-results.new" -C "$raw" --exclude ./pids . 2>/dev/null
  (($? > 1)) || mv "$OUT/$mode-results.new" "$OUT/$mode-results.tgz"
}

finish() {
  trap '' TERM INT HUP
  exec 9>&- # the holder's
  kill -KILL "${!running[@]}" "${holder:-}" 2>/dev/null
  while read -r child; do kill -KILL -- -"$child"; done < "$raw/pids" 2>/dev/null
  save
  cat "$OUT/$mode-table.txt"
  local code=0
  ! grep -qE '"(not run|skipped)"' "$raw/steps.jsonl" || code=3
  ! awk -F'"' '{ r[$4] = $8 } END { for (s in r) if (r[s] ~ /FAIL|hung|begun/) exit 1 }' "$raw/steps.jsonl" && code=1
  ((ended == 0)) || code=1
  rm -rf "$raw" ${copy:+"$copy"}
  exit $code
}

# hold keeps the device ready between the steps: without, a driver takes seconds to start it for each.
hold() {
  exec 9> >(exec ./gpu.test -test.run '^TestHold$' -hold > "$raw/hold.txt" 2>&1)
  holder=$!
  ! command -v nvidia-smi >/dev/null ||
    begin nvidia-smi --query-gpu=timestamp,clocks.sm,clocks.mem,power.draw,temperature.gpu,utilization.gpu,clocks_event_reasons.active \
      --format=csv -l 2 > "$raw/gauges.csv" 2>&1
}

trap finish EXIT
trap 'ended=1; exit 1' TERM INT HUP
hold
identify
[ $mode = measure ] || tests
[ $mode = tests ] || { measure; compare; }
[ $mode = measure ] || sanitize
