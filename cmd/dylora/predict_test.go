package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dylora/dylora/internal/predict"
)

func TestPredictFlags(t *testing.T) {
	tests := []struct {
		args    string
		want    predictOptions
		wantErr string
	}{
		{args: "", want: predictOptions{in: "-"}},
		{args: "--rank 3 --in x --format jsonl --json", want: predictOptions{ranks: "3", in: "x", format: predict.JSONL, json: true}},
		{args: "--glue sub --rank 1,2-4 --force", want: predictOptions{ranks: "1,2-4", in: "-", glue: "sub", force: true}},
		{args: "--glue=", wantErr: "--glue is empty"},
		{args: "--glue sub --in x", wantErr: "--in and --format have no use"},
		{args: "--glue sub --format lines", wantErr: "--in and --format have no use"},
		{args: "--force", wantErr: "--force has a use with --glue only"},
		{args: "--in=", wantErr: "--in is empty"},
		{args: "--rank 0", wantErr: "--rank: "},
		{args: "--format csv", wantErr: `--format: "csv" is neither`},
		{args: "sentence", wantErr: "unexpected argument"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *predictOptions
			cmd := newPredictCmd(&streams{}, func(_ context.Context, o *predictOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.path != latestRun || got.ranks != tt.want.ranks || got.in != tt.want.in || got.format != tt.want.format ||
				got.glue != tt.want.glue || got.force != tt.want.force || got.json != tt.want.json {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
			if r, err := got.sources.resolve(); err != nil || r.origin["rank"] != "default" {
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

// TestSubmissionFolder: what is in a folder beside a submission's files is never lost.
func TestSubmissionFolder(t *testing.T) {
	root := t.TempDir()
	w := submission{Rank: 1, Folder: filepath.Join(root, "rank-1"), Files: []string{"RTE.tsv"}}
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(w.Folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.Folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("QNLI.tsv", "kept")
	if kept, err := w.others(false); err != nil || len(kept) != 1 || string(kept[0].Data) != "kept" {
		t.Errorf("others = %v, %v", kept, err)
	}
	put("RTE.tsv", "old")
	if _, err := w.others(false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("without force: %v", err)
	}
	if kept, err := w.others(true); err != nil || len(kept) != 1 || kept[0].Name != "QNLI.tsv" {
		t.Errorf("with force: %v, %v", kept, err)
	}
	if err := os.Symlink("QNLI.tsv", filepath.Join(w.Folder, "CoLA.tsv")); err == nil {
		if _, err := w.others(true); err == nil || !strings.Contains(err.Error(), "CoLA.tsv is no file of") {
			t.Errorf("a link: %v", err)
		}
	}
	w.Folder = filepath.Join(w.Folder, "RTE.tsv")
	if _, err := w.others(true); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("a file: %v", err)
	}
}
