package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// deployed reads a file of docs/deploy.
func deployed(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../docs/deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The files of docs/deploy start dylora with arguments that it takes.
func TestDeployedCommands(t *testing.T) {
	commands := map[string]string{}
	unit := regexp.MustCompile(`(?m)^ExecStart=(\S*/)?(dylora .*)$`).FindStringSubmatch(deployed(t, "dylora.service"))
	if unit == nil {
		t.Fatal("dylora.service has no ExecStart of dylora")
	}
	commands["dylora.service"] = unit[2]

	var list []string
	image := regexp.MustCompile(`(?m)^CMD (\[.*\])$`).FindStringSubmatch(deployed(t, "Dockerfile"))
	if image == nil {
		t.Fatal("Dockerfile has no CMD")
	}
	if err := yaml.Unmarshal([]byte(image[1]), &list); err != nil {
		t.Fatal(err)
	}
	commands["Dockerfile"] = "dylora " + strings.Join(list, " ")

	var deployment struct {
		Spec struct {
			Template struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	if err := yaml.NewDecoder(strings.NewReader(deployed(t, "kubernetes.yaml"))).Decode(&deployment); err != nil {
		t.Fatal(err)
	}
	for _, c := range deployment.Spec.Template.Spec.Containers {
		commands["kubernetes.yaml"] = "dylora " + strings.Join(c.Args, " ")
	}
	if len(commands) != 3 {
		t.Fatalf("commands are in %v alone", commands)
	}
	for name, command := range commands {
		if err := parseLine(command); err != nil {
			t.Errorf("%s: %s: %v", name, command, err)
		}
	}
}

// systemd's own check has nothing against the units, once dylora is where they say.
func TestUnits(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze, of the package systemd, is not installed")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "dylora")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	args := []string{"--recursive-errors=no", "--man=no", "verify"}
	for _, name := range []string{"dylora.service", "dylora.socket"} {
		text := strings.ReplaceAll(deployed(t, name), "/usr/local/bin/dylora", program)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.Command(verify, args...).CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// A fault is found: the check reads these files.
	broken := strings.Replace(deployed(t, "dylora.service"), "Type=notify", "Type=notifi", 1)
	if err := os.WriteFile(filepath.Join(dir, "dylora.service"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ := exec.Command(verify, args...).CombinedOutput(); !bytes.Contains(out, []byte("notifi")) {
		t.Errorf("systemd-analyze takes a wrong type:\n%s", out)
	}
}
