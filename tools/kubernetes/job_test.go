package main

import (
	"os"
	"strings"
	"testing"
)

// The Job that a plan becomes is one that an API server takes; what it would refuse is refused here.
func TestJob(t *testing.T) {
	b, err := os.ReadFile("../../internal/cluster/testdata/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if err := Validate(b); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct{ old, new, want string }{
		{"completionMode: Indexed", "completionMode: Numbered", "completionMode"},
		{"backoffLimitPerIndex: 3", "backoffLimitPerIndex: -3", "backoffLimitPerIndex"},
		{"action: FailIndex", "action: FailAll", "action"},
		{"values: [2, 3]", "values: [3, 2]", "values"},
		{"containerName: train", "containerName: other", "containerName"},
		{"restartPolicy: Never", "restartPolicy: OnFailure", "restartPolicy"},
		{"podReplacementPolicy: Failed", "podReplacementPolicy: TerminatingOrFailed", "podReplacementPolicy"},
		{"memory: 1536Mi}\n          limits", "memory: 9536Mi}\n          limits", "memory"},
		{"{name: tmp, mountPath: /tmp}", "{name: none, mountPath: /tmp}", "none"},
		{"runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot"},
		{"drop: [ALL]", "drop: [KILL]", "capabilities"},
		{"completions: 6", "completionz: 6", "completionz"},
	} {
		changed := strings.Replace(text, tt.old, tt.new, 1)
		if changed == text {
			t.Fatalf("the Job has no %q", tt.old)
		}
		if err := Validate([]byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error about %s", tt.new, err, tt.want)
		}
	}
}
