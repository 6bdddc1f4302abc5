package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
)

// platform is what a program is built for.
type platform struct{ system, arch string }

func (p platform) String() string { return p.system + "/" + p.arch }

// parsePlatform reads "linux/arm64".
func parsePlatform(text string) (platform, error) {
	system, arch, ok := strings.Cut(text, "/")
	if !ok || system == "" || arch == "" {
		return platform{}, fmt.Errorf("%q is not SYSTEM/ARCHITECTURE, such as linux/arm64", text)
	}
	return platform{system, arch}, nil
}

// program is a binary with what Go's tool wrote into it.
type program struct {
	platform
	path string
	info *debug.BuildInfo
}

// build builds the program for a platform, below work. Variables that could change the result are those of a release, not
// those of whoever builds it.
func build(source, work string, p platform) (*program, error) {
	path := filepath.Join(work, p.system+"_"+p.arch, "dylora")
	if p.system == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", path, "./cmd/dylora")
	cmd.Dir, cmd.Env, cmd.Stderr = source, goEnv(p), os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build for %s: %w", p, err)
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return &program{p, path, info}, nil
}

// goEnv is the environment of Go's tool for a platform.
func goEnv(p platform) []string {
	return append(os.Environ(), "GOOS="+p.system, "GOARCH="+p.arch, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOWORK=off")
}

// base is the file name of the program.
func (p *program) base() string { return filepath.Base(p.path) }

// version is that of the module as Go's tool found it in git: "v1.2.3", a pseudo-version, or either with "+dirty".
func (p *program) version() string { return p.info.Main.Version }

var versionTag = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$`)
var pseudoVersion = regexp.MustCompile(`[-.][0-9]{14}-[0-9a-f]{12}`)

// tagged says whether the version is a tag.
func (p *program) tagged() bool {
	return versionTag.MatchString(p.version()) && !pseudoVersion.MatchString(p.version())
}

// fileVersion is the version in names of files: without the v, as packages have it.
func (p *program) fileVersion() string { return strings.TrimPrefix(p.version(), "v") }
