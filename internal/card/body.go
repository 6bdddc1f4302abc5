package card

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// body writes what people read.
func (c *Card) body(b *bytes.Buffer) {
	fmt.Fprintf(b, "# DyLoRA adapter for %s, rank %d\n\n", plain(c.dataset().title), c.Rank)
	how := fmt.Sprintf("trained with [DyLoRA](https://arxiv.org/abs/2210.07558) at all ranks from %d to %d", c.RankMin, c.RankMax)
	if c.Nested != "" {
		how = fmt.Sprintf("with its ranks in the order of what they contribute (%s of the trained update)", c.Nested)
	}
	fmt.Fprintf(b, "A low-rank adapter for %s, %s: "+
		"the first rows of A and columns of B are an adapter of a lower rank each. The classification head is part of it.\n", plain(c.Model), how)
	if c.CutFrom > 0 {
		fmt.Fprintf(b, "\nThis is its slice at rank %d of %d.\n", c.Rank, c.CutFrom)
	}
	if len(c.Labels) > 0 {
		labels := make([]string, len(c.Labels))
		for i, l := range c.Labels {
			labels[i] = fmt.Sprintf("%d: %s", i, plain(l))
		}
		heading := "Labels"
		if c.Regression {
			heading = "Outputs"
		}
		fmt.Fprintf(b, "\n%s: %s.\n", heading, strings.Join(labels, ", "))
	}
	if c.MultiLabel {
		fmt.Fprintf(b, "\nEach label has a probability of its own, by the sigmoid of its logit, and holds above %v.\n", c.Threshold)
	}
	c.table(b)
	c.use(b)
	b.WriteString("\n## Training\n\n| setting | value |\n|---|---|\n")
	for _, s := range c.Settings {
		fmt.Fprintf(b, "| %s | %s |\n", plain(s[0]), plain(s[1]))
	}
	fmt.Fprintf(b, "\nMade with dylora %s.\n\n", plain(c.Version))
}

// table writes the results by rank.
func (c *Card) table(b *bytes.Buffer) {
	if len(c.Results) == 0 {
		return
	}
	b.WriteString("\n## Results by rank\n\nOn the dev split; the epoch was chosen by the same split.")
	if i := c.interval(); i != nil {
		fmt.Fprintf(b, " In brackets: %v %% intervals.", 100*i.Confidence)
	}
	b.WriteString("\n\n| rank |")
	rule := "\n|---|"
	for _, m := range c.Results[0].Metrics {
		fmt.Fprintf(b, " %s |", plain(title(m.Name)))
		rule += "---|"
	}
	b.WriteString(rule + "\n")
	for _, r := range c.Results {
		fmt.Fprintf(b, "| %d |", r.Rank)
		for _, m := range r.Metrics {
			fmt.Fprintf(b, " %.4f%s |", m.Value, m.Interval.text())
		}
		b.WriteByte('\n')
	}
}

// interval is the first of the results; nil where there is none.
func (c *Card) interval() *Interval {
	for _, r := range c.Results {
		for _, m := range r.Metrics {
			if m.Interval != nil {
				return m.Interval
			}
		}
	}
	return nil
}

// text is the interval behind a value.
func (i *Interval) text() string {
	if i == nil {
		return ""
	}
	return fmt.Sprintf(" (%.4f to %.4f)", i.Low, i.High)
}

// use writes how the adapter is loaded.
func (c *Card) use(b *bytes.Buffer) {
	arguments := fmt.Sprintf("num_labels=%d", max(1, len(c.Labels)))
	switch {
	case c.MultiLabel:
		arguments += `, problem_type="multi_label_classification"`
	case c.Regression && len(c.Labels) > 1:
		arguments += `, problem_type="regression"`
	}
	base := c.Model
	if !c.HubModel {
		base = "path/to/the/base/model"
	}
	fmt.Fprintf(b, `
## How to use

With PEFT:

`+"```python"+`
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

base = AutoModelForSequenceClassification.from_pretrained(%s, %s)
model = PeftModel.from_pretrained(base, "path/to/this/folder").eval()
tokenizer = AutoTokenizer.from_pretrained(%s)
`+"```"+`

With dylora, at any rank up to %d:

`+"```sh"+`
dylora predict --adapter path/to/this/folder --rank %d --in texts.txt
dylora slice --adapter path/to/this/folder --rank 1 --out rank-1
`+"```"+`
`, strconv.QuoteToASCII(base), arguments, strconv.QuoteToASCII(base), c.Rank, c.Rank)
}

// plain is s as text of one line in Markdown, tables included: nothing in it means anything.
func plain(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ") {
		switch {
		case r < ' ' || r == 0x7f:
			continue
		case strings.ContainsRune("\\`*_{}[]<>#|&!~$@", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
