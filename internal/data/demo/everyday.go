package demo

import (
	"strings"

	"github.com/dylora/dylora/internal/seed"
)

// Tone is what an everyday sentence says of its subject.
type Tone string

// The tones. Neutral sentences state facts and judge nothing.
const (
	Negative Tone = "negative"
	Neutral  Tone = "neutral"
	Positive Tone = "positive"
)

// Remark is an everyday sentence and its tone.
type Remark struct {
	Text string
	Tone Tone
}

// Everyday is n distinct sentences of everyday praise, blame, negated praise and neutral statements, as people write of goods,
// services, films and their day. Of fifteen everyday sentences one is neutral;
// the rest are praise and blame in equal numbers. start chooses which sentences are drawn.
func Everyday(n int, start uint64) []Remark {
	w := &remarks{everyday: newEveryday(), random: seed.NewStream(start)}
	seen := map[string]bool{}
	var all []Remark
	for tries := 0; len(all) < n && tries < 100*n; tries++ {
		r := Remark{Tone: Neutral}
		switch k := len(all) % 15; {
		case k == 14:
			r.Text = w.neutral()
		case k%2 == 0:
			r.Text, r.Tone = w.judged(true), Positive
		default:
			r.Text, r.Tone = w.judged(false), Negative
		}
		if !seen[r.Text] {
			seen[r.Text] = true
			all = append(all, r)
		}
	}
	return all
}

// TrainRemarks are the sentences of Train with their tones.
func TrainRemarks() []Remark {
	var all []Remark
	for _, s := range Train() {
		tone := Negative
		if s.Positive {
			tone = Positive
		}
		all = append(all, Remark{s.Text, tone})
	}
	return all
}

// remarks draws everyday sentences.
type remarks struct {
	*everyday
	random seed.Stream
}

func (w *remarks) draw(n int) int             { return seed.Below(w.random.Uint64(), n) }
func (w *remarks) pick(words []string) string { return words[w.draw(len(words))] }
func (w *remarks) of(good bool, a, b []string) string {
	if good {
		return w.pick(a)
	}
	return w.pick(b)
}

func (w *remarks) adjective(good bool) string { return w.of(good, w.good, w.bad) }

// judged is a sentence that praises, or else blames. In one of five contrast or negation turns the judgement of its words round:
// were they as many as the plain ones, single words would say nothing.
func (w *remarks) judged(good bool) string {
	a, b := w.adjective(good), w.adjective(good)
	s, whole := w.pick(w.subjects), w.pick(w.wholes)
	forms := []func() string{
		func() string { return s + " was " + a },
		func() string { return s + " is " + w.pick(w.very) + " " + a },
		func() string { return s + " was " + a + " and " + b },
		func() string { return "a " + a + ", " + b + " " + whole },
		func() string { return "a " + w.pick(w.very) + " " + a + " " + whole },
		func() string { return "this " + whole + " is " + w.of(good, w.goodNouns, w.badNouns) },
		func() string { return s + " was " + w.of(good, w.goodNouns, w.badNouns) },
		func() string { return s + " " + w.of(good, w.goodDeeds, w.badDeeds) },
		func() string { return "this " + whole + " " + w.of(good, w.goodDeeds, w.badDeeds) },
		func() string { return "I " + w.of(good, w.goodVerbs, w.badVerbs) + " " + s },
		func() string { return "it was done " + w.of(good, w.goodAdverbs, w.badAdverbs) },
		func() string { return w.of(good, w.goodPhrases, w.badPhrases) },
		func() string { return w.of(good, w.goodPhrases, w.badPhrases) + " " + s + " was " + a },
		func() string { return "a " + a + " " + whole + " with " + w.of(good, w.goodParts, w.badParts) },
		func() string {
			return "with " + w.of(good, w.goodParts, w.badParts) + ", this " + whole + " " + w.of(good, w.goodDeeds, w.badDeeds)
		},
		func() string { return w.pick(w.who) + " found " + s + " " + w.pick(w.very) + " " + a },
		func() string { return a + ", " + b + " and " + w.adjective(good) },
	}
	if !good {
		forms = append(forms, func() string { return s + " was " + w.pick(w.slightly) + " " + a })
	}
	turned := []func() string{
		// Contrast: what stands behind "but" decides.
		func() string {
			return s + " was " + w.adjective(!good) + ", but " + w.pick(w.subjects) + " was " + w.pick(w.very) + " " + a
		},
		func() string {
			return "it starts " + w.pick(w.slightly) + " " + w.adjective(!good) + " but " + w.of(good, w.goodDeeds, w.badDeeds)
		},
		func() string {
			return "despite " + w.of(!good, w.goodParts, w.badParts) + ", " + s + " " + w.of(good, w.goodDeeds, w.badDeeds)
		},
		// Negation turns the judgement round.
		func() string { return s + " was not " + w.adjective(!good) + " at all" },
		func() string { return s + " isn't " + w.adjective(!good) },
		func() string { return "there is nothing " + w.adjective(!good) + " about " + s },
		func() string { return "this " + whole + " is never " + w.adjective(!good) },
		func() string { return "not a " + w.adjective(!good) + " " + whole + " by any means" },
		func() string { return s + " is anything but " + w.adjective(!good) },
		func() string { return "I did not find " + s + " " + w.adjective(!good) },
		func() string { return "hardly " + w.adjective(!good) },
	}
	if !good {
		turned = append(turned,
			func() string {
				return s + " could have been " + w.pick([]string{"better", "nicer", "a lot better", "much more interesting"})
			},
			func() string { return s + " was not as " + w.pick(w.everyday.good) + " as I had hoped" },
			func() string { return s + " was supposed to be " + w.pick(w.everyday.good) + " and is not" })
	}
	if w.draw(5) == 0 {
		forms = turned
	}
	return finished(forms[w.draw(len(forms))](), w)
}

// neutral is a statement without a judgement.
func (w *remarks) neutral() string {
	s := w.pick(w.subjects)
	forms := []func() string{
		func() string { return w.pick(w.neutralFact) },
		func() string { return w.pick(w.neutralFact) + " " + w.pick(w.neutralFact) },
		func() string {
			return s + " is " + w.pick([]string{"in the other room", "on the second page", "from last year", "new since May", "the same as before", "at eight o'clock", "made in Italy", "for two people", "part of the order", "listed below"})
		},
		func() string {
			return w.pick(w.who) + " asked about " + s + " on " + w.pick([]string{"Monday", "Tuesday", "Friday", "the phone", "the way home"})
		},
		func() string {
			return s + " was moved to " + w.pick([]string{"June", "another day", "the next room", "a different floor", "page twelve"})
		},
		func() string {
			return w.pick(w.who) + " saw " + s + " " + w.pick([]string{"yesterday", "last week", "two years ago", "in March", "before lunch"})
		},
	}
	return finished(forms[w.draw(len(forms))](), w)
}

// finished is a sentence as somebody writes it: mostly with a capital and a full stop, at times in small letters without one.
func finished(text string, w *remarks) string {
	text = articles.Replace(" " + text)[1:]
	switch w.draw(4) {
	case 0:
		return strings.ToLower(strings.TrimRight(text, ".!"))
	case 1:
		return strings.ToLower(strings.TrimRight(text, ".!")) + " ."
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") {
		return text
	}
	return text + w.pick([]string{".", ".", ".", "!"})
}
