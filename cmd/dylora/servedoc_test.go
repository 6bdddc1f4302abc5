package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/dylora/dylora/scripts/serving"
)

// TestServeDocument runs the clients of docs/clients.md as they stand there, against a server with the built-in adapter.
func TestServeDocument(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds two programs")
	}
	t.Parallel()
	b, err := os.ReadFile("../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := serving.Start(context.Background(), []string{runAsProgram + "=1", "XDG_CACHE_HOME=" + t.TempDir()}, self, "serve", "--listen", "ADDRESS")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(syscall.SIGTERM); err != nil {
			t.Errorf("the end of the server: %v: %s", err, p.Said())
		}
	})
	ran := map[string]int{}
	for _, block := range regexp.MustCompile("(?ms)^```(sh|python|go)\n(.*?)^```$").FindAllStringSubmatch(string(b), -1) {
		kind, text := block[1], strings.ReplaceAll(block[2], "127.0.0.1:8080", p.Address)
		switch {
		case kind == "go" && strings.Contains(text, "package main"):
			ran[kind]++
			runGo(t, text, strings.Contains(text, p.Address))
		case kind == "sh" && strings.HasPrefix(text, "curl "):
			ran[kind]++
			runClient(t, "curl", text, "sh", "-ec")
		case kind == "python":
			ran[kind]++
			runClient(t, "python3", text, "python3", "-c")
		}
	}
	if ran["go"] != 2 || ran["sh"] != 1 || ran["python"] != 2 {
		t.Errorf("the document has other clients than are known here: %v", ran)
	}
}

// runClient runs a text of the document where the program that it needs is there.
func runClient(t *testing.T, needs, text string, command ...string) {
	t.Helper()
	if _, err := exec.LookPath(needs); err != nil {
		t.Logf("%s is not installed: not run:\n%s", needs, text)
		return
	}
	if strings.Contains(text, "huggingface_hub") && exec.Command(command[0], "-c", "import huggingface_hub").Run() != nil {
		t.Logf("huggingface_hub is not installed: not run:\n%s", text)
		return
	}
	client := exec.Command(command[0], append(command[1:], text)...)
	client.Env = append(os.Environ(), "HF_HUB_OFFLINE=0") // an address of this machine is not the Hub
	out, err := client.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("positive")) {
		t.Errorf("%v\n%s\nof\n%s", err, out, text)
	}
}

// runGo builds and runs a program of the document: one that asks the server, and needs no package of ours, or one that is checked
// as a user's module that requires this one.
func runGo(t *testing.T, text string, asks bool) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("go", "run", "main.go")
	if !asks {
		userModule(t, dir)
		command = exec.Command("go", "run", "-mod=mod", ".")
	}
	command.Dir, command.Env = dir, append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0")
	out, err := command.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "positive 0.9") {
		t.Errorf("%v\n%s\nof\n%s", err, out, text)
	}
}

// userModule makes a folder a user's module that requires this one.
func userModule(t *testing.T, dir string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	module, err := os.ReadFile("../../go.mod")
	must(err)
	sums, err := os.ReadFile("../../go.sum")
	must(err)
	root, err := filepath.Abs("../..")
	must(err)
	_, requirements, _ := strings.Cut(string(module), "\n")
	own := "module example.com/labels\n" + requirements + "\nrequire github.com/dylora/dylora v0.0.0\nreplace github.com/dylora/dylora => " + root + "\n"
	must(os.WriteFile(filepath.Join(dir, "go.mod"), []byte(own), 0o600))
	must(os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600))
}
