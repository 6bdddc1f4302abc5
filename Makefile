# check is what CI runs; the other targets are parts of it and tools.
GO ?= go

.PHONY: check verify test vet lint cross cross-build race race-plan manifests fuzz vuln bench emulate gen
.PHONY: settings-reference dist dist-test
.PHONY: torture torture-quick soak torture-mutants
.PHONY: cluster cluster-slurm cluster-mpi cluster-k8s dylora-mpi

# The linter and the race detector compile for minutes, with pauses that others can use; the tests
# have the machine to themselves.
check:
	$(MAKE) -j3 vet lint race cross verify
	$(MAKE) test

# The modules in Go's cache are those of go.sum.
verify:
	$(GO) mod verify

# The linter makes vet's checks, on tests, too; to make them once more at each compilation of a test
# takes half a minute.
test:
	GOFLAGS="$$GOFLAGS -vet=off" $(GO) test ./...

# Of go vet's own checks the linter makes all, on tests, too; the generator is a module of its own,
# whose dependencies are not worth compiling.
vet:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	cd tools && $(GO) vet ./... && $(GO) run ./crosscheck -module ../internal/kernel/gen linux/amd64

# tools/go.mod pins the linter. The first run downloads and builds it; Go's build cache keeps it.
# Compiler and linter allocate gigabytes in passing: without a collector below a limit they take a tenth less of the
# processor's time than with one that waits (GOGC=400), and a fifth less than with Go's own.
lint:
	GOGC=off GOMEMLIMIT=4GiB $(GO) tool -modfile=tools/go.mod golangci-lint run --allow-parallel-runners ./...

# The systems that the binary is built for, besides the one that runs the tests. cross type-checks
# for them in seconds; cross-build builds, which takes a minute each.
PLATFORMS ?= linux/arm64 darwin/arm64 windows/amd64
cross:
	cd tools && $(GO) run ./crosscheck $(PLATFORMS)

cross-build:
	@for p in $(PLATFORMS); do echo "build for $$p"; \
	  CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -o /dev/null ./cmd/dylora || exit 1; done

# The race detector, on what has goroutines, locks or mapped memory; the other tests have nothing to
# race, and take minutes under it.
RACE = CGO_ENABLED=1 $(GO) test -vet=off -race -short
race:
	$(RACE) ./internal/hub ./internal/packed ./internal/disk
	$(RACE) -run 'Adopt|AtOnce|Bits|Burst|Mapping|Parallel|Tasks|Waited|Workers' ./internal/kernel
	$(RACE) -run 'Claim|Concurrent|Events|Lock|OpenRun|Stopped|Stream' ./internal/train ./internal/data ./internal/tokenizer
	$(RACE) -run 'Load|Cache|Flipped|WhileUsed|SharedMemory|RunFaults|Programs|WithThreads' ./internal/model ./internal/program

# Of the processes of a plan, whose tests need half of the packages compiled for the detector.
race-plan:
	$(RACE) -run 'Runner|Stopped' ./internal/plan

# The manifest of docs/deploy, and the Job of a plan, against the code of Kubernetes' API server, which compiles for a minute.
manifests:
	cd tools/kubernetes && $(GO) vet ./... && $(GO) test ./...

# FUZZTIME a target, two targets at a time; FUZZ="internal/hub FuzzCSV" for some of them. Crashers
# land in testdata/fuzz of the package.
FUZZTIME ?= 30s
fuzz:
	FUZZTIME=$(FUZZTIME) scripts/fuzz $(FUZZ)

# The packages that are built in, against the database of known vulnerabilities, which GOVULNDB may name a copy of.
vuln:
	@$(GO) tool -modfile=tools/go.mod govulncheck ./... || \
	  { echo "make vuln: if vulnerabilities could not be fetched, nothing was checked: GOVULNDB names another database than vuln.go.dev"; exit 1; }

# The rows of docs/reliability.md: ROWS="R1 R8" for some of them; quick tries a twentieth of each
# by another seed every time. soak is the row of 50,000 steps.
torture:
	$(GO) run ./internal/torture $(ROWS)

torture-quick:
	$(GO) run ./internal/torture --share 0.05 $(TORTURE) $(ROWS)

soak:
	$(GO) run ./internal/torture R14

# Each row has to fail once the protection that it shows is taken out.
torture-mutants:
	internal/torture/mutants/run $(ROWS)

bench:
	$(GO) test -run '^$$' -bench . -benchtime 0.5s ./internal/kernel

# The kernels on an emulated CPU with AVX-512, VNNI and BF16, for machines without.
emulate:
	scripts/emulate-avx512 ./internal/kernel -test.short -test.v

# A plan as an array of jobs of a Slurm of its own: root, slurm-wlm and munge.
cluster-slurm:
	scripts/slurm-test

# Trainings of several processes under mpirun and srun: root, openmpi-bin, mpich, libpmix-dev, slurm-wlm and munge.
cluster-mpi:
	scripts/mpi-test

# The Indexed Job of a plan, held against the API server's own rules.
cluster-k8s: manifests

cluster: cluster-slurm cluster-mpi cluster-k8s

# docs/settings.md, of the tags of the settings' fields.
settings-reference:
	$(GO) run ./internal/settings/reference > docs/settings.md.new && mv docs/settings.md.new docs/settings.md

# A release: see docs/releasing.md. DIST="linux/amd64" builds for some platforms, DISTFLAGS=-release refuses all but a tag.
dist:
	cd tools/dist && $(GO) run . -out ../../dist $(DISTFLAGS) $(DIST)

# A release for this machine, built twice, installed, and run where nothing else is: root, on Linux.
dist-test:
	cd tools/dist && $(GO) vet ./... && $(GO) test ./...

gen:
	cd internal/kernel/gen && for k in gemm integer strided vector; do \
	  $(GO) run . -kernel $$k -out ../$${k}_amd64.s -stubs ../$${k}_stubs_amd64.go -pkg kernel || exit 1; done

# With MPI: a binary whose processes train together under mpirun or srun. It needs no C compiler, and the system's C library.
dylora-mpi:
	CGO_ENABLED=0 $(GO) build -tags mpi -o dylora-mpi ./cmd/dylora
