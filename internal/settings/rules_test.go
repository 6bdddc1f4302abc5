package settings

import (
	"math"
	"strings"
	"testing"
)

// TestRulesBySetting breaks one rule at a time, and tells nothing else.
func TestRulesBySetting(t *testing.T) {
	for _, tt := range []struct{ set, want string }{
		{"rank=0", "rank: 0 is below 1"},
		{"rank=65537", "rank: 65537 is above 65536"},
		{"rank=9223372036854775807 best=5 sampler=dice", "rank: 9223372036854775807 is above 65536"},
		{"rank=-1 eval_ranks=x", "rank: -1 is below 1"},
		{"r_min=0", "r_min: 0 is below 1"},
		{"r_min=9", "r_min: 9 is above rank 8"},
		{"alpha=0", "alpha: 0 is not a positive number"},
		{"alpha=Inf", "alpha: +Inf is not a positive number"},
		{"targets=queries", "targets: "},
		{"targets=query,,key", "targets: "},
		{"sampler=dice", "sampler: "},
		{"sampler=geometric:1", "sampler: "},
		{"sampler=pmf:1,2", "sampler: "},
		{"sampler=list:9", "sampler: "},
		{"block=0", "block: 0 is below 1"},
		{"block=3", "sampler: rank block 3 does not divide the rank 8"},
		{"eval_ranks=9", "eval_ranks: "},
		{"eval_ranks=4-2", "eval_ranks: "},
		{"best=9", `best: "9" is not mean, last, R or a rank from 1 to 8`},
		{"best=r", `best: "r" is not mean, last, R or a rank from 1 to 8, nor a metric, such as macro_f1 or log_loss`},
		{"best=makro_f1", `best: "makro_f1" is not mean, last, R or a rank from 1 to 8, nor a metric, such as macro_f1 or log_loss (did you mean "macro_f1"?)`},
		{"kernel=abacus", "kernel: "},
		{"threads=-1", "threads: -1 is below 0"},
		{"max_length=2", "max_length: 2 is below 3"},
		{"warmup=1.5", "warmup: 1.5 is not in [0, 1]"},
		{"full_rank_phase=1", "full_rank_phase: 1 is not in [0, 1)"},
		{"full_rank_phase=-0.5", "full_rank_phase: -0.5 is not in [0, 1)"},
		{"best=last patience=2", "patience: stops by which epoch is the best, and best last takes the last"},
		{"distill=1.5", "distill: 1.5 is not in [0, 1]"},
		{"lr=-1", "lr: -1 is not a positive number"},
		{"weight_decay=-1", "weight_decay: -1 is not a number from 0 up"},
		{"clip=Inf", "clip: +Inf is not a number from 0 up"},
		{"model=", "model: is empty: say mini, a folder, or a name of the Hub"},
		{"recipe=papers", `recipe: "papers" is not one of cpu, nested, paper, reference`},
		{"task=sst3", "task: "},
		{"task=", "task: "},
		{"dev_file=a.csv", "dev_file: is for a task of your own files: task is the training file, such as train.csv"},
		{"text_column=", "text_column: is for a task of your own files"},
		{"pair_column=x", "pair_column: is for a task of your own files"},
		{"label_column=x", "label_column: is for a task of your own files"},
		{"kind=regression", "kind: is for a task of your own files"},
		{"quoting=none", "quoting: is for a task of your own files"},
		{"task=a.csv dev_file=b.txt", "dev_file: want a file that ends in .csv, .tsv, .json or .jsonl"},
		{"task=a.csv text_column=", "text_column: is empty: name the column of the text"},
		{"task=a.csv label_column=", "label_column: is empty: name the column of the label"},
		{"task=a.csv label_column=text", "label_column: is the text's column"},
		{"task=a.csv pair_column=text", "pair_column: is the column of the text or of the label"},
		{"task=a.csv pair_column=label", "pair_column: is the column of the text or of the label"},
	} {
		_, err := Resolve(flags(t, tt.set))
		key, _, _ := strings.Cut(tt.want, ":")
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Count(err.Error(), key+": ") != 1 {
			t.Errorf("%s: error = %v, want one line that begins with %q", tt.set, err, tt.want)
		}
	}
}

func TestRulesHold(t *testing.T) {
	for _, set := range []string{
		"", "rank=65536 best=R eval_ranks=1,65536", "rank=1 best=1", "r_min=8", "block=4 r_min=4", "block=8 eval_ranks=all",
		"sampler=geometric:0.5", "sampler=list:1,8 best=mean", "targets=all-linear", "targets=query,key", "kernel=portable", "kernel=avx512+vnni+bf16",
		"warmup=0", "warmup=1", "weight_decay=0 clip=0", "task=SST2", "task=a.jsonl dev_file=b.tsv kind=regression quoting=none pair_column=c",
		"text_column=text quoting=auto kind=classification", // the defaults do nothing to a task of GLUE
		"full_rank_phase=0.99 resort=weighted", "heads=fitted full_rank_phase=0.5 distill=1", "best=last heads=fitted", "full_rank_phase=0.5 update=strict", "resort=svd update=strict", "seed=0", "seed=18446744073709551615", "model=/no/such/folder", "alpha=5e-324",
	} {
		if _, err := Resolve(flags(t, set)); err != nil {
			t.Errorf("%q: %v", set, err)
		}
	}
}

// flags is a layer of words KEY=VALUE.
func flags(t *testing.T, words string) *Layer {
	t.Helper()
	l := NewLayer(Flag)
	for _, word := range strings.Fields(words) {
		key, value, _ := strings.Cut(word, "=")
		l.Set(key, "--"+key, Text(value))
	}
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	return l
}

// No number is so large or so small that checking it fails in another way than by a fault.
func TestRulesOfExtremes(t *testing.T) {
	for _, f := range Defaults().Fields() {
		for _, v := range []any{math.MaxInt, math.MinInt, uint64(math.MaxUint64), math.MaxFloat64, -math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)} {
			l := NewLayer(File)
			l.Set(f.Key, "here", v)
			r, err := Resolve(l)
			if (r == nil) != (err != nil) {
				t.Errorf("%s = %v: %v, %v", f.Key, v, r, err)
			}
		}
	}
}
