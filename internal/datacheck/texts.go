package datacheck

import (
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
)

// texts are the rows by their text, in the order of the first of each.
type texts struct {
	kind   data.Kind
	list   []*text
	labels map[string]string // what a label counts as, by its text
}

// text is one text, or pair, and the rows that have it.
type text struct{ train, dev []*data.Raw }

// gather groups the rows that have a text by it.
func gather(d Data) *texts {
	g, known := &texts{kind: d.Kind, labels: map[string]string{}}, map[data.Key]*text{}
	d.each(func(split string, r *data.Raw) {
		if empty(r.A) {
			return
		}
		key := data.TextKey(&data.Example{A: r.A, B: r.B})
		t := known[key]
		if t == nil {
			t = new(text)
			known[key] = t
			g.list = append(g.list, t)
		}
		if split == "dev" {
			t.dev = append(t.dev, r)
		} else {
			t.train = append(t.train, r)
		}
	})
	return g
}

// rows are those of the text in both splits.
func (t *text) rows() (list []Row) {
	for _, r := range t.train {
		list = append(list, rowOf("train", r))
	}
	for _, r := range t.dev {
		list = append(list, rowOf("dev", r))
	}
	return list
}

func (g *texts) overlap() Finding {
	f := Finding{Kind: Overlap}
	for _, t := range g.list {
		if len(t.train) > 0 && len(t.dev) > 0 {
			f.add("", t.rows())
		}
	}
	return f.say("1 text is in train and in dev, which then measures what was learnt by heart", "%d texts are in train and in dev, which then measures what was learnt by heart")
}

func (g *texts) conflicts() Finding {
	f := Finding{Kind: Conflict}
	for _, t := range g.list {
		rows := slices.Concat(t.train, t.dev)
		if g.differ(rows) {
			f.add("", t.rows())
		}
	}
	return f.say("1 text stands with different labels", "%d texts stand with different labels")
}

// differ says whether rows of one text do not all say the same of it.
func (g *texts) differ(rows []*data.Raw) bool {
	return len(rows) > 1 && slices.ContainsFunc(rows[1:], func(r *data.Raw) bool { return g.meaning(r) != g.meaning(rows[0]) })
}

// meaning is equal for rows that say the same of a text.
func (g *texts) meaning(r *data.Raw) string {
	keys := make([]string, len(r.Labels))
	for i, label := range r.Labels {
		key, known := g.labels[label]
		if !known {
			key = data.LabelOf(label).Key
			g.labels[label] = key
		}
		keys[i] = key
	}
	if len(keys) == 1 {
		return keys[0]
	}
	if g.kind == data.MultiLabel {
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	return strings.Join(keys, "\x00")
}

// duplicates are rows that repeat text and label of another one of their split.
func (g *texts) duplicates() Finding {
	f := Finding{Kind: Duplicate}
	surplus := 0
	for _, t := range g.list {
		for i, rows := range [][]*data.Raw{t.train, t.dev} {
			if len(rows) < 2 || g.differ(rows) {
				continue
			}
			var list []Row
			for _, r := range rows {
				list = append(list, rowOf([]string{"train", "dev"}[i], r))
			}
			f.add("", list)
			surplus += len(rows) - 1
		}
	}
	f.Count = surplus
	return f.say("1 row repeats the text and label of another", "%d rows repeat the text and label of another")
}
