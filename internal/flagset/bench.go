package flagset

import (
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
)

// Bench is what the flags of a measurement say.
type Bench struct {
	Mode      string // "train" or "eval"
	Steps     int
	Tokenizer string // folder; "": the model's own, or the built-in one
	SVG       string // file, "" for none
	Products  bool
	Scaling   []int  // numbers of threads to measure steps of many sizes on; none: the task's steps alone
	MaxTokens int    // of a step of scaling
	Rounds    int    // of scaling, over all sizes, and of several processes, over their steps
	Cost      string // file that a scaling wrote; "": none
}

// Bounds of --scaling and --max-tokens: below the least there are too few sizes to fit.
const (
	maxThreads = 1024
	minScaled  = 128
	maxScaled  = 1 << 17
)

// AddBench defines the flags.
func AddBench(cmd *cobra.Command, b *Bench) {
	f := cmd.Flags()
	f.StringVar(&b.Mode, "mode", "train", "what to measure: train or eval")
	f.IntVar(&b.Steps, "steps", 10, "steps to measure, after two that are not")
	f.StringVar(&b.Tokenizer, "tokenizer", "", "`folder` of the tokenizer for a random model")
	f.StringVar(&b.SVG, "svg", "", "draw the step's time by operation to `file`")
	f.BoolVar(&b.Products, "products", true, "also measure products at the model's shapes")
	f.IntSliceVar(&b.Scaling, "scaling", nil, "measure how steps scale, on each of these numbers of `threads`")
	OwnMeaning(cmd, "scaling") // not the adapter's
	f.IntVar(&b.MaxTokens, "max-tokens", 2048, "with --scaling: tokens of a step at most")
	f.IntVar(&b.Rounds, "rounds", 12, "how often each size of --scaling is measured, big steps less, and each step of several processes")
	f.StringVar(&b.Cost, "cost", "", "measure the steps of --micro-batches, by one process or several, and predict them from the costs in `file`, which --scaling --json wrote")
}

// Predicted says whether steps are held against a prediction.
func (b *Bench) Predicted() bool { return b.Cost != "" }

// Check refuses flags that exclude each other and numbers that mean nothing. several: this process is one of several, as which it
// measures the same as with --cost.
func (b *Bench) Check(cmd *cobra.Command, several bool) error {
	several = several || b.Predicted()
	for _, n := range b.Scaling {
		if n < 1 || n > maxThreads {
			return fault.Usagef("--scaling: %d threads are not in [1, %d]", n, maxThreads)
		}
	}
	changed, scaling := cmd.Flags().Changed, len(b.Scaling) > 0
	for _, name := range []string{"threads", "svg", "products"} {
		if scaling && changed(name) {
			return fault.Usagef("--%s and --scaling exclude each other", name)
		}
	}
	switch {
	case b.Mode != "train" && b.Mode != "eval":
		return fault.Usagef("--mode: %q is neither train nor eval", b.Mode)
	case several && (scaling || b.Mode != "train" || changed("svg") || changed("products")):
		return fault.Usagef("--scaling, --svg, --products and --mode eval are for one process without --cost: several measure the steps of training that they take together")
	case b.Steps < 1 || b.Steps > 1e6:
		return fault.Usagef("--steps: %d is not in [1, 1000000]", b.Steps)
	case !scaling && (changed("max-tokens") || changed("rounds") && !several):
		return fault.Usagef("--max-tokens and --rounds are for --scaling")
	case b.Rounds < 1 || b.Rounds > 1000:
		return fault.Usagef("--rounds: %d is not in [1, 1000]", b.Rounds)
	case b.MaxTokens < minScaled || b.MaxTokens > maxScaled:
		return fault.Usagef("--max-tokens: %d is not in [%d, %d]", b.MaxTokens, minScaled, maxScaled)
	}
	return CheckFile("--svg", b.SVG)
}
