package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/predict"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// sameRequest compares all but whether a threshold was given.
func sameRequest(a, b predict.Request) bool {
	return a.Input == b.Input && a.Output == b.Output && a.OnError == b.OnError && a.Choice == b.Choice && reflect.DeepEqual(a.Columns, b.Columns)
}

func TestPredictFlags(t *testing.T) {
	tests := []struct {
		args    string
		want    predictOptions
		wantErr string
	}{
		{args: "", want: predictOptions{in: "-"}},
		{args: "--rank 3 --in x --format jsonl --json", want: predictOptions{ranks: flagset.Ranks{Spec: "3"}, in: "x", request: predict.Request{Input: predict.JSONL, Output: predict.JSONL}, json: true}},
		{args: "--in a.csv -o b.json --on-error null --top-k 2 --threshold 0.7 --unsure no", want: predictOptions{in: "a.csv", out: "b.json",
			request: predict.Request{Input: predict.CSV, Output: predict.JSON, OnError: predict.Null, Choice: predict.Choice{Top: 2, Threshold: 0.7, Unsure: "no"}}}},
		{args: "--in a.tsv --format text --out b", want: predictOptions{in: "a.tsv", out: "b"}},
		{args: "--in a.csv.gz --json --text-column x", want: predictOptions{in: "a.csv.gz", json: true,
			request: predict.Request{Input: predict.CSV, Output: predict.JSONL, Columns: predict.Columns{A: []string{"x"}}}}},
		{args: "--glue sub --rank 1,2-4 --force", want: predictOptions{ranks: flagset.Ranks{Spec: "1,2-4"}, in: "-", glue: "sub", force: true}},
		{args: "--glue=", wantErr: "--glue is empty"},
		{args: "--glue sub --in x", wantErr: "--in has no use"},
		{args: "--glue sub --format lines", wantErr: "--format has no use"},
		{args: "--glue sub --out x", wantErr: "--out has no use"},
		{args: "--glue sub --text-column x", wantErr: "--text-column has no use"},
		{args: "--force", wantErr: "--force has a use with --glue only"},
		{args: "--in=", wantErr: "--in is empty"},
		{args: "--rank 0", wantErr: "--rank: "},
		{args: "--format xlsx", wantErr: `--format: "xlsx" is none of`},
		{args: "--on-error stop", wantErr: `--on-error: "stop" is none of`},
		{args: "--out=", wantErr: "--out is empty"},
		{args: "--out none/x", wantErr: "--out: cannot write none/x"},
		{args: "--out x.csv --in y.jsonl", wantErr: "--out: x.csv: the rows of jsonl cannot be passed on as csv"},
		{args: "--out x.csv --in y.csv --json", wantErr: "--json writes JSON lines"},
		{args: "--top-k 0", wantErr: "--top-k: 0 is no number of labels"},
		{args: "--unsure=", wantErr: "--unsure is empty"},
		{args: "--unsure maybe", wantErr: "below a threshold, and there is none"},
		{args: "--text-column x", wantErr: "text_column: the input is plain text and has no columns (--text-column)"},
		{args: "--in x.jsonl --quoting csv", wantErr: "quoting: is for tables, and the input is jsonl (--quoting)"},
		{args: "--in x.json --delimiter ;", wantErr: "delimiter: is for tables"},
		{args: "--dev-file x.csv", wantErr: "dev_file: has no effect on texts to predict (--dev-file)"},
		{args: "--max-eval-examples 3", wantErr: "max_eval_examples: has no effect"},
		{args: "a sentence", wantErr: "unexpected argument"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *predictOptions
			cmd := newPredictCmd(&streams{}, func(_ context.Context, o *predictOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.path != session.LatestRun || got.ranks.Spec != tt.want.ranks.Spec || got.in != tt.want.in || got.out != tt.want.out || !sameRequest(got.request, tt.want.request) ||
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
