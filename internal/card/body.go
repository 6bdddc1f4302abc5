package card

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// body writes what people read.
func (c *Card) body(b *bytes.Buffer) {
	fmt.Fprintf(b, "# %s adapter for %s, rank %d\n\n", map[bool]string{false: "DyLoRA", true: "LoRA"}[c.LoRA()], plain(c.dataset().title), c.Rank)
	if c.LoRA() {
		fmt.Fprintf(b, "A low-rank adapter ([LoRA](https://arxiv.org/abs/2106.09685)) for %s, trained at rank %d alone: lower ranks were not. The classification head is part of it.\n", plain(c.Model), c.RankMax)
	} else {
		how := fmt.Sprintf("trained with [DyLoRA](https://arxiv.org/abs/2210.07558) at all ranks from %d to %d", c.RankMin, c.RankMax)
		if c.Nested != "" {
			how = fmt.Sprintf("with its ranks in the order of what they contribute (%s of the trained update)", c.Nested)
		}
		fmt.Fprintf(b, "A low-rank adapter for %s, %s: "+
			"the first rows of A and columns of B are an adapter of a lower rank each. The classification head is part of it.\n", plain(c.Model), how)
	}
	if train := c.trainSplit(); train != "" {
		fmt.Fprintf(b, "\nTrained with %s.\n", plain(train))
	}
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
	chosen := "the epoch was chosen by the same split"
	if c.LastEpoch {
		chosen = "the last epoch was kept"
	}
	fmt.Fprintf(b, "\n## Results by rank\n\nOn %s; %s.", plain(c.devSplit()), chosen)
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

// devSplit names the split that the results are of, with the number of its examples.
func (c *Card) devSplit() string {
	d, name := c.dataset(), "the dev split"
	switch {
	case c.Data.Dev != "":
		name = c.Data.Dev
	case d.id != "":
		name = fmt.Sprintf("the split %s of %s, %s", d.split, d.id, d.config)
	}
	return name + examples(c.Data.DevExamples)
}

// trainSplit names the data that the adapter was trained with; "" where that is not known.
func (c *Card) trainSplit() string {
	d := c.dataset()
	switch {
	case c.Data.Train != "":
		return c.Data.Train + examples(c.Data.TrainExamples)
	case c.Data.TrainExamples == 0:
		return ""
	case d.id != "":
		return fmt.Sprintf("the split train of %s, %s%s", d.id, d.config, examples(c.Data.TrainExamples))
	}
	return "the train split of " + c.Task + examples(c.Data.TrainExamples)
}

func examples(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d examples)", n)
}

// use writes how the adapter is loaded.
func (c *Card) use(b *bytes.Buffer) {
	base, names := c.Model, ""
	switch {
	case c.BuiltIn:
		fmt.Fprintf(b, "\n## How to use\n\nThe base model is built into dylora, which writes it as a folder, with these labels:\n\n```sh\ndylora export-base %s %s --adapter path/to/this/folder\n```\n\nWith PEFT:\n", c.Model, c.Model)
	case !c.HubModel:
		base = "path/to/the/base/model"
		fallthrough
	default:
		b.WriteString("\n## How to use\n\nWith PEFT:\n")
	}
	arguments := fmt.Sprintf("num_labels=%d", max(1, len(c.Labels)))
	if len(c.Labels) > 0 {
		quoted := make([]string, len(c.Labels))
		for i, l := range c.Labels {
			quoted[i] = strconv.QuoteToASCII(l)
		}
		names = "labels = [" + strings.Join(quoted, ", ") + "]\n"
		arguments += ", id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)}"
	}
	switch {
	case c.MultiLabel:
		arguments += `, problem_type="multi_label_classification"`
	case c.Regression && len(c.Labels) > 1:
		arguments += `, problem_type="regression"`
	}
	fmt.Fprintf(b, `
`+"```python"+`
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

%sbase = AutoModelForSequenceClassification.from_pretrained(%s, %s)
model = PeftModel.from_pretrained(base, "path/to/this/folder").eval()
tokenizer = AutoTokenizer.from_pretrained(%s)
`+"```"+`

PEFT's AutoPeftModelForSequenceClassification.from_pretrained("path/to/this/folder", …) takes the same arguments and finds the base model by its name.

With dylora, at any rank up to %d:

`+"```sh"+`
dylora predict --adapter path/to/this/folder --rank %d --in texts.txt
dylora slice --adapter path/to/this/folder --rank 1 --out rank-1
`+"```"+`
`, names, strconv.QuoteToASCII(base), arguments, strconv.QuoteToASCII(base), c.Rank, c.Rank)
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
