package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// sh runs a program in a folder and gives its output.
func sh(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			out = append(out, failed.Stderr...)
		}
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// clone copies the commit that is checked out here into a folder, tagged as a release.
func clone(t *testing.T, to string) string {
	t.Helper()
	sh(t, ".", "git", "clone", "-q", "--no-local", "--depth", "1", "file://"+strings.TrimSpace(sh(t, ".", "git", "rev-parse", "--show-toplevel")), to)
	sh(t, to, "git", "tag", "v0.98.7")
	return to
}

// TestRelease builds a release for this machine twice, in folders of other names, and holds all of it against what is asked.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("links the program four times")
	}
	dir := t.TempDir()
	host := platform{runtime.GOOS, runtime.GOARCH}
	source := clone(t, filepath.Join(dir, "a"))
	other := clone(t, filepath.Join(dir, "another", "folder"))
	out := filepath.Join(dir, "out")
	for _, from := range []string{source, other} {
		if err := run(from, filepath.Join(out, filepath.Base(from)), true, []string{host.String()}); err != nil {
			t.Fatal(err)
		}
	}
	out = filepath.Join(out, "a")
	first, second := sums(t, out), sums(t, filepath.Join(filepath.Dir(out), "folder"))
	if first != second || first == "" {
		t.Errorf("two folders give\n%sand\n%s", first, second)
	}
	sh(t, out, "sha256sum", "--check", "--strict", "SHA256SUMS")

	files := unpack(t, filepath.Join(out, "dylora_0.98.7_"+host.system+"_"+host.arch+".tar.gz"), filepath.Join(dir, "archive"))
	top := filepath.Join(dir, "archive", "dylora_0.98.7_"+host.system+"_"+host.arch)
	for _, want := range []string{"LICENSE", "README.md", "CHANGELOG.md", "docs/training.md", "completions/dylora.bash", "completions/_dylora", "completions/dylora.fish", "man/man1/dylora.1", "man/man1/dylora-train.1", "licenses/go/LICENSE", "licenses/models/LICENSE.md"} {
		if !slices.Contains(files, want) {
			t.Errorf("the archive lacks %s", want)
		}
	}
	var facts struct{ Version, Commit string }
	if err := json.Unmarshal([]byte(sh(t, dir, filepath.Join(top, "dylora"), "version", "--json")), &facts); err != nil {
		t.Fatal(err)
	}
	if commit := strings.TrimSpace(sh(t, source, "git", "rev-parse", "HEAD")); facts.Version != "v0.98.7" || facts.Commit != commit {
		t.Errorf("the program says %+v, want v0.98.7 of %s", facts, commit)
	}
	t.Run("licences", func(t *testing.T) { checkLicences(t, source, top, host, files) })
	t.Run("debian", func(t *testing.T) { checkDebian(t, out) })
	t.Run("scratch", func(t *testing.T) { checkScratch(t, filepath.Join(top, "dylora")) })

	// What is not committed is no release, and the program says so.
	if err := os.WriteFile(filepath.Join(source, "README.md"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(source, filepath.Join(dir, "dirty"), true, []string{host.String()}); err == nil || !strings.Contains(err.Error(), "v0.98.7+dirty") {
		t.Errorf("a folder with changes: %v", err)
	}
}

// sums reads SHA256SUMS of a folder.
func sums(t *testing.T, folder string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// unpack writes the files of a tar.gz and gives their names without the folder that all are in.
func unpack(t *testing.T, archive, to string) (names []string) {
	t.Helper()
	b, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		} else if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(h.Name, "/")
		names = append(names, name)
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(to, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, content, os.FileMode(h.Mode)); err != nil { //nolint:gosec // 9 bits
			t.Fatal(err)
		}
	}
}

// checkLicences: the archive has the licences, and the bill of materials the entries, of just those modules that go list
// says the program is made of.
func checkLicences(t *testing.T, source, top string, p platform, files []string) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}", "./cmd/dylora")
	cmd.Dir, cmd.Env = source, goEnv(p)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(out))
	slices.Sort(want)
	want = slices.Compact(want)
	if len(want) < 20 {
		t.Fatalf("go list has %d modules", len(want))
	}
	var got []string
	for _, name := range files {
		module, _, ok := strings.Cut(strings.TrimPrefix(name, "licenses/"), "@")
		if !ok || !strings.HasPrefix(name, "licenses/") {
			continue
		}
		version, _, _ := strings.Cut(strings.TrimPrefix(name, "licenses/"+module+"@"), "/")
		got = append(got, module+"@"+version)
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("licences of\n%v\nwant those of\n%v", got, want)
	}

	text, err := os.ReadFile(filepath.Join(top, "dylora.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	bom := new(cdx.BOM)
	if err := cdx.NewBOMDecoder(bytes.NewReader(text), cdx.BOMFileFormatJSON).Decode(bom); err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, c := range *bom.Components {
		if c.Licenses == nil || len(*c.Licenses) == 0 {
			t.Errorf("%s has no licence in the bill of materials", c.Name)
		}
		if c.Type == cdx.ComponentTypeLibrary && c.Name != "std" {
			got = append(got, c.Name+"@"+c.Version)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the bill of materials has\n%v\nwant\n%v", got, want)
	}
}

// checkDebian installs and removes the package in a root of its own.
func checkDebian(t *testing.T, out string) {
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Skip("dpkg is not installed")
	}
	root := t.TempDir()
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"var/lib/dpkg/status", "var/lib/dpkg/available"} {
		if err := os.WriteFile(filepath.Join(root, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packages, err := filepath.Glob(filepath.Join(out, "*.deb"))
	if err != nil || len(packages) != 1 {
		t.Fatal(packages, err)
	}
	dpkg := func(args ...string) string {
		return sh(t, out, "dpkg", append([]string{"--root=" + root, "--force-not-root", "--force-bad-path"}, args...)...)
	}
	dpkg("--install", packages[0])
	if text := sh(t, out, filepath.Join(root, "usr/bin/dylora"), "--version"); text != "dylora v0.98.7\n" {
		t.Errorf("the installed program says %q", text)
	}
	for _, want := range []string{"/usr/share/man/man1/dylora-train.1.gz", "/usr/share/bash-completion/completions/dylora", "/usr/share/doc/dylora/copyright"} {
		if !strings.Contains(dpkg("--listfiles", "dylora"), want+"\n") {
			t.Errorf("the package lacks %s", want)
		}
	}
	dpkg("--purge", "dylora")
	if left, err := filepath.Glob(filepath.Join(root, "usr/*/*")); err != nil || len(left) > 0 {
		t.Errorf("after it is removed there are %v, %v", left, err)
	}
}

// checkScratch runs the program as the container of docs/deploy does: it is all that there is, but for a folder to write
// into, and belongs to nobody in particular.
func checkScratch(t *testing.T, program string) {
	root := t.TempDir()
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(root, "work")
	for _, err := range []error{os.WriteFile(filepath.Join(root, "dylora"), content, 0o755), os.Mkdir(work, 0o777), os.Chmod(work, 0o777), os.Chmod(root, 0o755)} { //nolint:gosec // it is run by another user
		if err != nil {
			t.Fatal(err)
		}
	}
	in := func(input string, args ...string) string {
		cmd, ok := jailed(root, path.Join("/", "dylora"), args)
		if !ok {
			t.Skip("a folder can be made the root only by root on Linux")
		}
		cmd.Stdin = strings.NewReader(input)
		var talk strings.Builder
		cmd.Stderr = &talk
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("dylora %v: %v\n%s", args, err, talk.String())
		}
		return string(out)
	}
	if text := in("", "version"); !strings.HasPrefix(text, "dylora v0.98.7 ") {
		t.Errorf("version says %q", text)
	}
	if text := in("", "train", "--max-steps", "2", "--max-train-examples", "64", "--max-eval-examples", "32", "--run", "/work/run"); !strings.Contains(text, "accuracy") {
		t.Errorf("train says %q", text)
	}
	if text := in("a wonderful film\n", "predict", "--adapter", "/work/run", "--rank", "4", "--json"); !strings.Contains(text, `"label"`) {
		t.Errorf("predict says %q", text)
	}
}
