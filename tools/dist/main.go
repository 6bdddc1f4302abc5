// Command dist builds a release: for each platform an archive with the program, its manual, completions, documents,
// licences and bill of materials, for Linux also packages for Debian and for RPM, and a file of checksums.
//
//	cd tools/dist && go run . -out ../../dist linux/amd64 windows/arm64
//
// The same commit gives the same bytes in any folder: paths are trimmed from the programs, and all times are that of the
// commit. The version is the one that Go's tool finds in git: the commit's tag, or a pseudo-version, with +dirty where
// the folder has changes that are not committed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// platforms are those of a release.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

func main() {
	source := flag.String("source", "../..", "`folder` of the repository")
	out := flag.String("out", "../../dist", "`folder` for what is built; files of the same names are replaced")
	release := flag.Bool("release", false, "refuse a folder that is not a clean checkout of a tag")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "dist [flags] [SYSTEM/ARCHITECTURE]...\n\nWithout platforms, all of %s.\n", strings.Join(platforms, ", "))
		flag.PrintDefaults()
	}
	flag.Parse()
	wanted := flag.Args()
	if len(wanted) == 0 {
		wanted = platforms
	}
	if err := run(*source, *out, *release, wanted); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// run builds everything for the platforms.
func run(source, out string, release bool, wanted []string) error {
	source, err := filepath.Abs(source)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "dylora-dist-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()

	when, err := commitTime(source)
	if err != nil {
		return err
	}
	host := platform{runtime.GOOS, runtime.GOARCH}
	own, err := build(source, work, host)
	if err != nil {
		return err
	}
	if release && !own.tagged() {
		return fmt.Errorf("version %s: a release is built of a clean checkout of a tag such as v1.2.3", own.version())
	}
	fmt.Println("dylora", own.version())
	shared, err := sharedFiles(source, work, own, when)
	if err != nil {
		return err
	}
	var names []string
	for _, text := range wanted {
		p, err := parsePlatform(text)
		if err != nil {
			return err
		}
		made, err := release1(source, work, out, p, own, shared, when)
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		names = append(names, made...)
	}
	return writeSums(out, names)
}

// release1 makes the files of one platform and gives their names.
func release1(source, work, out string, p platform, own *program, shared []file, when time.Time) ([]string, error) {
	prog := own
	if p != own.platform {
		var err error
		if prog, err = build(source, work, p); err != nil {
			return nil, err
		}
	}
	if prog.version() != own.version() {
		return nil, fmt.Errorf("version %s, and that of this machine's program is %s: the folder changed meanwhile", prog.version(), own.version())
	}
	licences, mods, err := collectLicences(source, prog)
	if err != nil {
		return nil, err
	}
	bom, err := billOfMaterials(prog, mods, when)
	if err != nil {
		return nil, err
	}
	files := append([]file{{name: prog.base(), source: prog.path, mode: 0o755}, {name: "dylora.cdx.json", content: bom, mode: 0o644}}, shared...)
	files = append(files, licences...)

	name := fmt.Sprintf("dylora_%s_%s_%s", prog.fileVersion(), p.system, p.arch)
	archive := name + ".tar.gz"
	write := writeTar
	if p.system == "windows" {
		archive, write = name+".zip", writeZip
	}
	names := []string{archive, name + ".cdx.json"}
	if err := write(filepath.Join(out, archive), name, files, when); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(out, names[1]), bom, 0o666); err != nil { //nolint:gosec // for everybody to read
		return nil, err
	}
	if p.system == "linux" {
		for _, format := range []string{"deb", "rpm"} {
			made, err := writePackage(format, out, work, prog, files, when)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", format, err)
			}
			names = append(names, made)
		}
	}
	fmt.Println(strings.Join(names, " "))
	return names, nil
}

// commitTime is when the commit that is checked out was made.
func commitTime(source string) (time.Time, error) {
	cmd := exec.Command("git", "log", "-1", "--format=%ct")
	cmd.Dir = source
	text, err := cmd.Output()
	if err != nil {
		return time.Time{}, errors.Join(errors.New("a release is built in a git repository, which has its version and time"), err)
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}
