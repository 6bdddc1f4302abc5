package flagset

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/settings"
)

// A help text says what a command is for, then shows examples, then has flags in groups, as wide as it may be.
func TestHelp(t *testing.T) {
	t.Parallel()
	root := &cobra.Command{Use: "dylora", Short: "Root"}
	cmd := &cobra.Command{Use: "train", Short: "Train it", Long: "Train it well.", Example: "  dylora train", RunE: func(*cobra.Command, []string) error { return nil }}
	hidden := &cobra.Command{Use: "secret", Hidden: true, Run: func(*cobra.Command, []string) {}}
	root.AddCommand(cmd, hidden)
	root.PersistentFlags().Bool("quiet", false, "say nothing")
	AddSettings(cmd.Flags(), "rank", "model", "task", "lr", "threads")
	cmd.Flags().StringP("out", "o", "", "`folder` to write, which has to be a folder that is not there yet, or an empty one, on a disk that has room for it")
	Help(root, 60, []Section{{"First", []string{"train"}}})
	var out bytes.Buffer
	cmd.SetOut(&out)
	root.SetOut(&out)
	root.SetArgs([]string{"train", "--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	last := -1
	for _, want := range []string{"Train it\n", "\nExamples:\n  dylora train\n", "\nUsage:\n  dylora train [flags]\n", "\nTrain it well.\n", "\nOptions:\n", "-o, --out folder", "\nTask and data:\n", "--task", "\nBase model:\n", "--model", "\nAdapter:\n", "--rank", "\nTraining:\n", "--lr", "\nMachine:\n", "--threads", "\nEvery command:\n", "--quiet"} {
		at := strings.Index(text, want)
		if at <= last {
			t.Errorf("%q is not there, or not behind what comes before it:\n%s", want, text)
		}
		last = at
	}
	for line := range strings.Lines(text) {
		if len([]rune(line)) > 60 {
			t.Errorf("%d characters: %q", len([]rune(line))-1, line)
		}
	}
	out.Reset()
	root.SetArgs(nil)
	if err := root.Execute(); err != nil || !strings.Contains(out.String(), "\nFirst:\n  train ") || strings.Contains(out.String(), "secret") {
		t.Errorf("%v, %s", err, out.String())
	}
}

func TestUsages(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	flags.IntP("rank", "r", 8, "largest rank")
	flags.String("a-flag-with-a-long-name", "x y", "`file` of texts that are long enough to need a second line")
	flags.Bool("hidden", false, "not shown")
	flags.Lookup("hidden").Hidden = true
	const want = `      --a-flag-with-a-long-name file
                    file of texts that are long enough to
                    need a second line (default "x y")
  -r, --rank int    largest rank (default 8)
`
	if got := usages(flags, 60); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	if got := wrapped("", 10); !slices.Equal(got, []string{""}) {
		t.Errorf("%q", got)
	}
	if got := wrapped("a one,two,three b", 10); !slices.Equal(got, []string{"a one,two,", "three b"}) {
		t.Errorf("%q", got)
	}
	if got := wrapped("a wordthatislongerthanaline b", 10); !slices.Equal(got, []string{"a", "wordthatislongerthanaline", "b"}) {
		t.Errorf("%q", got)
	}
}

// Values of flags and arguments are completed; in a list the item that is being typed.
func TestComplete(t *testing.T) {
	t.Parallel()
	root := &cobra.Command{Use: "dylora"}
	cmd := &cobra.Command{Use: "eval", Run: func(*cobra.Command, []string) {}}
	root.AddCommand(cmd)
	var r Ranks
	cmd.Flags().String("adapter", "runs/latest", "adapter")
	AddRanks(cmd, &r, "", "ranks")
	AddSettings(cmd.Flags(), "task", "precision", "targets", "recipe", "lr")
	asked := ""
	Complete(root, Completions{Runs: func() []string { return []string{"runs/a", "runs/b"} }, Ranks: func(path string) []string { asked = path; return []string{"1", "2", "all"} }})
	for line, want := range map[string]string{
		"--task s": "sst2 stsb :0", "--precision ": "float32 i16 int8 bf16 :4", "--targets query,va": "query,value :4", "--recipe p": "paper :4", "runs/": "runs/a runs/b :0",
		"--rank ": "1 2 all :4", "--rank 1,a": "1,all :4", "runs/a --rank 2": "2 :4", "--lr ": ":0",
	} {
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetArgs(append([]string{"__completeNoDesc", "eval"}, strings.Split(line, " ")...))
		root.SilenceErrors, root.SilenceUsage = true, true
		root.SetErr(new(bytes.Buffer))
		if err := root.Execute(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(out.String()), " "); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if asked == "" {
		t.Error("ranks of no adapter were asked for")
	}
}

// Every value that is offered for a setting is one, but for beginnings of a small language.
func TestChoices(t *testing.T) {
	t.Parallel()
	n := 0
	for _, key := range settings.Keys() {
		for _, choice := range settings.Choices(key) {
			if strings.HasSuffix(choice, ":") {
				continue
			}
			l := settings.NewLayer(settings.Flag)
			l.Set(key, "--"+key, settings.Text(choice))
			if f, _ := l.Value(key); f == nil {
				t.Errorf("%s: %v", key, l.Err())
			}
			if key == "kind" || key == "quoting" { // of the user's own files
				l.Set("task", "--task", settings.Text("own.csv"))
			}
			if _, err := settings.Resolve(l); err != nil {
				t.Errorf("%s: %v", key, err)
			}
			n++
		}
	}
	if n < 40 {
		t.Errorf("only %d choices", n)
	}
	if got := settings.Choices("precision"); !slices.Equal(got, []string{"float32", "i16", "int8", "bf16"}) {
		t.Errorf("precisions %v", got)
	}
	if settings.Choices("lr") != nil || settings.Choices("nosuch") != nil {
		t.Error("a number has choices")
	}
}
