package datacheck

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/data"
)

// labels are those of a task, by what they count as.
type labels struct {
	hasDev bool
	byKey  map[string]*label
}

// label is one label, in all its spellings.
type label struct {
	look       string
	train, dev int
	spellings  map[string][]Row // as written, and the rows that write it so
	first      string           // the first of them, without blanks around it
	rows       []Row            // of dev, while train has none
}

func gatherLabels(d Data) *labels {
	g := &labels{hasDev: len(d.Dev) > 0, byKey: map[string]*label{}}
	byText := map[string]*label{}
	d.each(func(split string, r *data.Raw) {
		for _, text := range r.Labels {
			l := byText[text]
			if l == nil {
				l = g.label(text)
				byText[text] = l
			}
			written := text
			if len(r.Labels) == 1 && strings.TrimSpace(r.Label) == text {
				written = r.Label
			}
			if rows := l.spellings[written]; len(rows) <= mostRows {
				l.spellings[written] = append(rows, rowOf(split, r))
			}
			if split == "dev" {
				if l.dev++; l.train == 0 { // train comes first
					l.rows = append(l.rows, rowOf(split, r))
				}
			} else {
				l.train++
			}
		}
	})
	return g
}

// label is that of a text.
func (g *labels) label(text string) *label {
	of := data.LabelOf(text)
	l := g.byKey[of.Key]
	if l == nil {
		l = &label{look: of.Look, first: text, spellings: map[string][]Row{}}
		g.byKey[of.Key] = l
	}
	return l
}

// sorted are the labels by name.
func (g *labels) sorted() []*label {
	return slices.SortedFunc(maps.Values(g.byKey), func(a, b *label) int { return cmp.Compare(a.first, b.first) })
}

func (g *labels) unknown() Finding {
	f := Finding{Kind: UnknownLabel}
	for _, l := range g.sorted() {
		if l.train == 0 {
			f.add(l.first, l.rows)
		}
	}
	return f.say("1 label is in dev and not in train, which does not learn it", "%d labels are in dev and not in train, which does not learn them")
}

// lookAlike are labels that count as different and look the same.
func (g *labels) lookAlike() Finding {
	f, looks := Finding{Kind: LookAlike}, map[string][]*label{}
	var groups []string
	for _, l := range g.sorted() {
		looks[l.look] = append(looks[l.look], l)
	}
	for _, look := range slices.Sorted(maps.Keys(looks)) {
		if list := looks[look]; len(list) > 1 {
			var names []string
			var rows []Row
			for _, l := range list {
				names = append(names, strconv.QuoteToGraphic(l.first)+" "+strconv.Itoa(l.train+l.dev))
				rows = append(rows, l.firstRow())
			}
			f.add(strings.Join(names, ", "), rows)
			groups = append(groups, strings.Join(names, " and "))
		}
	}
	const what = "labels that differ by case, blanks or unseen letters alone count as different: "
	list := shortened(groups)
	return f.say(what+list, "%d times "+what+strings.ReplaceAll(list, "%", "%%"))
}

// firstRow is one that has the label.
func (l *label) firstRow() Row {
	return l.spellings[slices.Sorted(maps.Keys(l.spellings))[0]][0]
}

// variants are labels that are written in several ways.
func (g *labels) variants() Finding {
	f := Finding{Kind: LabelVariants}
	for _, l := range g.sorted() {
		if len(l.spellings) < 2 {
			continue
		}
		var names []string
		var rows []Row
		for _, s := range slices.Sorted(maps.Keys(l.spellings)) {
			names = append(names, strconv.QuoteToGraphic(s))
			rows = append(rows, l.spellings[s][0])
		}
		f.add(strings.Join(names, ", "), rows)
	}
	return f.say("1 label is written in several ways, which count as one", "%d labels are written in several ways, which count as one each")
}

func (g *labels) rare() Finding {
	f := Finding{Kind: RareLabel}
	var names []string
	for _, l := range g.sorted() {
		if l.train > 0 && l.train < enough {
			var rows []Row
			for _, s := range slices.Sorted(maps.Keys(l.spellings)) {
				rows = append(rows, slices.DeleteFunc(slices.Clone(l.spellings[s]), func(r Row) bool { return r.Split == "dev" })...)
			}
			f.add(l.first, rows)
			names = append(names, fmt.Sprintf("%s %d", l.first, l.train))
		}
	}
	list := shortened(names)
	return f.say(fmt.Sprintf("1 label has fewer than %d examples in train: %s", enough, list), fmt.Sprintf("%%d labels have fewer than %d examples in train: %s", enough, strings.ReplaceAll(list, "%", "%%")))
}

func (g *labels) missing() Finding {
	f := Finding{Kind: MissingInDev}
	var names []string
	for _, l := range g.sorted() {
		if g.hasDev && l.dev == 0 {
			f.add(l.first, nil)
			names = append(names, l.first)
		}
	}
	list := shortened(names)
	return f.say("dev has no example of 1 label: "+list, "dev has no example of %d labels: "+strings.ReplaceAll(list, "%", "%%"))
}

// shortened is a list of names in a line.
func shortened(names []string) string {
	const most = 8
	if len(names) > most {
		names = append(names[:most:most], "…")
	}
	return strings.Join(names, ", ")
}
