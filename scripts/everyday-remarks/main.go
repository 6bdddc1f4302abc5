// Command everyday-remarks writes the training data of the built-in sentiment adapter as CSV to stdout: sentences of everyday
// praise, blame, negated praise and neutral statements, and those of the built-in task.
package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"

	"github.com/dylora/dylora/internal/data/demo"
)

func main() {
	n := flag.Int("n", 24000, "everyday sentences")
	start := flag.Uint64("start", 11, "which of them are drawn")
	alone := flag.Bool("alone", false, "leave the sentences of the built-in task out")
	flag.Parse()
	all := demo.Everyday(*n, *start)
	if !*alone {
		all = append(all, demo.TrainRemarks()...)
	}
	if err := write(all); err != nil {
		fmt.Fprintln(os.Stderr, "everyday-remarks:", err)
		os.Exit(1)
	}
}

// write writes a header and a row for each remark.
func write(all []demo.Remark) error {
	w := csv.NewWriter(os.Stdout)
	rows := [][]string{{"text", "label"}}
	for _, r := range all {
		rows = append(rows, []string{r.Text, string(r.Tone)})
	}
	return w.WriteAll(rows)
}
