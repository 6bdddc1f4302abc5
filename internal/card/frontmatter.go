package card

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// frontMatter writes the YAML that the Hub reads. A base model that is not the Hub's has
// no line: the Hub would take a folder's name for a model of somebody's, or refuse it.
func (c *Card) frontMatter(b *bytes.Buffer) {
	if c.HubModel {
		fmt.Fprintf(b, "base_model: %s\n", quote(c.Model))
	}
	b.WriteString("library_name: peft\npipeline_tag: text-classification\n")
	d := c.dataset()
	if d.id != "" {
		b.WriteString("language:\n- en\n")
	}
	b.WriteString("tags:\n- dylora\n- lora\n- peft\n")
	if d.id != "" {
		fmt.Fprintf(b, "datasets:\n- %s\n", d.id)
	}
	if len(c.Results) == 0 {
		return
	}
	b.WriteString("metrics:\n")
	var names []string
	for _, m := range c.Results[0].Metrics {
		if n := hubMetric(m.Name); !slices.Contains(names, n) {
			names = append(names, n)
			fmt.Fprintf(b, "- %s\n", quote(n))
		}
	}
	fmt.Fprintf(b, "model-index:\n- name: %s\n  results:\n", quote(c.name()))
	for _, r := range c.Results {
		c.result(b, d, r)
	}
}

// result writes one rank's entry of the model index.
func (c *Card) result(b *bytes.Buffer, d dataset, r Result) {
	b.WriteString("  - task:\n      type: text-classification\n      name: Text Classification\n    dataset:\n")
	kind := d.id
	if kind == "" {
		kind = d.title // a dataset has to have a type
	}
	fmt.Fprintf(b, "      type: %s\n      name: %s\n", quote(kind), quote(d.title))
	switch {
	case d.id != "":
		fmt.Fprintf(b, "      config: %s\n      split: %s\n", d.config, d.split)
	case c.Data.Dev != "":
		fmt.Fprintf(b, "      split: %s\n", quote(c.Data.Dev))
	}
	b.WriteString("    metrics:\n")
	for _, m := range r.Metrics {
		fmt.Fprintf(b, "    - type: %s\n      name: %s\n      value: %s\n",
			quote(hubMetric(m.Name)), quote(fmt.Sprintf("%s at rank %d", title(m.Name), r.Rank)), number(m.Value))
		if i := m.Interval; i != nil {
			fmt.Fprintf(b, "      args:\n        confidence: %s\n        low: %s\n        high: %s\n", number(i.Confidence), number(i.Low), number(i.High))
		}
	}
}

// number is v as YAML reads it back as a number: with a point where it has an exponent.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if strings.Contains(s, "e") && !strings.Contains(s, ".") {
		s = strings.Replace(s, "e", ".0e", 1)
	}
	return s
}

// quote is s as a double-quoted YAML scalar, on one line whatever s holds.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ' ' || unicode.IsPrint(r) && r != '\ufeff':
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
