package main

import (
	"os"
	"strings"
	"testing"
)

const manifest = "../../docs/deploy/kubernetes.yaml"

func read(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The manifest of the documentation is one that an API server takes.
func TestManifest(t *testing.T) {
	if err := Validate([]byte(read(t))); err != nil {
		t.Error(err)
	}
}

// What an API server refuses is refused.
func TestFaults(t *testing.T) {
	text := read(t)
	for _, tt := range []struct{ name, old, new, want string }{
		{"an unknown field", "replicas: 2", "replicaz: 2", "replicaz"},
		{"a wrong type", "replicas: 2", "replicas: two", "replicas"},
		{"a field twice", "replicas: 2", "replicas: 2\n  replicas: 3", "replicas"},
		{"a negative number", "replicas: 2", "replicas: -2", "spec.replicas"},
		{"a selector of other pods", "  selector:\n    matchLabels:\n      app.kubernetes.io/name: dylora", "  selector:\n    matchLabels:\n      app.kubernetes.io/name: other", "selector"},
		{"a volume that is not there", "- name: cache\n          emptyDir", "- name: hoard\n          emptyDir", "cache"},
		{"a quantity", "memory: 1Gi", "memory: 1Gx", "quantities"},
		{"less than is requested", "memory: 1Gi", "memory: 1Mi", "memory"},
		{"a port's name", "targetPort: http", "targetPort: HTTP_", "targetPort"},
		{"root", "runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot"},
		{"capabilities", "- ALL", "- CHOWN", "capabilities"},
		{"more privileges", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation"},
		{"an old version", "apiVersion: apps/v1\n", "apiVersion: apps/v9\n", "v9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(text, tt.old) {
				t.Fatalf("the manifest has no %q", tt.old)
			}
			err := Validate([]byte(strings.Replace(text, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about %s", err, tt.want)
			}
		})
	}
	if err := Validate(nil); err == nil {
		t.Error("a file without documents is taken")
	}
}
