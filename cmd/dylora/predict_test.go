package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/predict"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

func TestPredictFlags(t *testing.T) {
	tests := []struct {
		args    string
		want    predictOptions
		wantErr string
	}{
		{args: "", want: predictOptions{in: "-"}},
		{args: "--rank 3 --in x --format jsonl --json", want: predictOptions{ranks: flagset.Ranks{Spec: "3"}, in: "x", format: predict.JSONL, json: true}},
		{args: "--glue sub --rank 1,2-4 --force", want: predictOptions{ranks: flagset.Ranks{Spec: "1,2-4"}, in: "-", glue: "sub", force: true}},
		{args: "--glue=", wantErr: "--glue is empty"},
		{args: "--glue sub --in x", wantErr: "--in and --format have no use"},
		{args: "--glue sub --format lines", wantErr: "--in and --format have no use"},
		{args: "--force", wantErr: "--force has a use with --glue only"},
		{args: "--in=", wantErr: "--in is empty"},
		{args: "--rank 0", wantErr: "--rank: "},
		{args: "--format xlsx", wantErr: `--format: "xlsx" is none of`},
		{args: "a sentence", wantErr: "unexpected argument"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *predictOptions
			cmd := newPredictCmd(&streams{}, func(_ context.Context, o *predictOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.path != session.LatestRun || got.ranks.Spec != tt.want.ranks.Spec || got.in != tt.want.in || got.format != tt.want.format ||
				got.glue != tt.want.glue || got.force != tt.want.force || got.json != tt.want.json {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
			if r, err := settings.Resolve(got.layers...); err != nil || r.Origin("rank") != settings.Default {
				t.Errorf("--rank passes for the setting: %v", err)
			}
		})
	}
}

// gone is an output that nobody reads any more.
type gone struct{ writes int }

func (g *gone) Write([]byte) (int, error) {
	g.writes++
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

// TestPredictBrokenPipe: where the system does not end the program for it, an output that
// nobody reads ends it without a complaint, and any other failing output is an error.
func TestPredictBrokenPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DYLORA_MAX_LENGTH", "8")
	t.Setenv("DYLORA_MAX_EVAL_EXAMPLES", "4")
	var out, talk bytes.Buffer
	if code := run([]string{"train", "--max-steps", "1", "--batch", "4", "--max-train-examples", "4"}, strings.NewReader(""), &out, &talk); code != 0 {
		t.Fatal(talk.String())
	}
	talk.Reset()
	g := &gone{}
	if code := run([]string{"predict"}, strings.NewReader(strings.Repeat("a day\n", 5000)), g, &talk); code != 0 || talk.Len() > 0 || g.writes != 1 {
		t.Errorf("exit %d after %d writes: %s", code, g.writes, talk.String())
	}
	if code := run([]string{"predict"}, strings.NewReader("a day\n"), failing{}, &talk); code != 1 || !strings.Contains(talk.String(), "no space") {
		t.Errorf("exit %d: %s", code, talk.String())
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space") }
