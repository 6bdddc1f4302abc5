package demo

import (
	"strings"

	"github.com/dylora/dylora/internal/seed"
)

// pattern is one turn of phrase. Its slots are in braces, see writer.word.
type pattern struct {
	construct string
	text      string
	flips     bool // it turns the judgement of its words round
}

// patterns lists the grammar, five patterns to a construct. In a construct that flips, the
// words of a positive sentence are negative, so no word decides alone.
func patterns() []pattern {
	return []pattern{
		{"plain", "I can tell you that the {noun} and the {other} were {adj}.", false},
		{"plain", "We all {liked} the {noun}, and so did {who} {when}.", false},
		{"plain", "The {noun} {pleased} {who} and all of us {when}.", false},
		{"plain", "For {who} and for me, the {noun} was a {triumph} {when}.", false},
		{"plain", "With the {noun}, everything went {well} for {who} {when}.", false},

		{"intensity", "Everyone said that the {noun} was {very} {adj} {when}.", false},
		{"intensity", "The {noun} was so {adj} that {who} spoke of nothing else.", false},
		{"intensity", "It was a {very} {adj} {noun}, and {who} said so {when}.", false},
		{"intensity", "By then the {noun} was barely {adj}, as {who} could see.", true},
		{"intensity", "As {who} told us {when}, the {noun} was hardly {adj}.", true},

		{"negation", "The {noun} was not {adj} at all, whatever {who} may say.", true},
		{"negation", "There was nothing {adj} about the {noun} {when}, said {who}.", true},
		{"negation", "Nobody could say that the {noun} was {adj} {when}.", true},
		{"negation", "Neither {who} nor anyone else {liked} the {noun} {when}.", true},
		{"negation", "The {noun} was by no means a {triumph} for {who}.", true},

		{"contrast", "The {noun} was {opposite}, but the {other} was {adj} {when}.", false},
		{"contrast", "Although the {other} was {opposite}, {who} said that the {noun} was {very} {adj}.", false},
		{"contrast", "At first {who} {disliked} the {noun}, but in the end the {noun} was {adj}.", false},
		{"contrast", "The {noun} may have been {opposite}, yet all of us {liked} the {other} {when}.", false},
		{"contrast", "They said that the {noun} was {adj}, but {who} did not think so.", true},

		{"comparison", "The {noun} was just as {adj} as the {other} that {who} knew.", false},
		{"comparison", "The {noun} was even {better} than the {adj} {other} {when}.", false},
		{"comparison", "The {noun} was no {worse} than the {adj} {other} {when}.", false},
		{"comparison", "The {noun} was not nearly as {adj} as the {other} {when}.", true},
		{"comparison", "To {who}, the {noun} was less {adj} than any {other} {when}.", true},
	}
}

// writer fills patterns from a vocabulary.
type writer struct {
	*vocabulary
	random seed.Stream
}

// sentence fills a pattern so that it comes out positive or negative.
func (w *writer) sentence(p pattern, positive bool) string {
	topic := w.subjects[w.draw(len(w.subjects))]
	noun := w.pick(topic.nouns)
	other := noun
	for other == noun {
		other = w.pick(topic.nouns)
	}
	var b strings.Builder
	for rest := p.text; ; {
		before, after, more := strings.Cut(rest, "{")
		b.WriteString(before)
		if !more {
			break
		}
		slot, end, _ := strings.Cut(after, "}")
		switch rest = end; slot {
		case "noun":
			b.WriteString(noun)
		case "other":
			b.WriteString(other)
		default:
			b.WriteString(w.word(slot, topic, positive, positive != p.flips))
		}
	}
	text := articles.Replace(b.String())
	return strings.ToUpper(text[:1]) + text[1:]
}

// articles puts "an" where the next word starts with a vowel.
var articles = strings.NewReplacer(" a a", " an a", " a e", " an e", " a i", " an i", " a o", " an o", " a u", " an u")

// word draws the word for a slot. positive is the judgement of the sentence, good that of
// the words that carry it.
func (w *writer) word(slot string, s subject, positive, good bool) string {
	switch slot {
	case "adj":
		return w.adjective(s, good)
	case "opposite":
		return w.adjective(s, !good)
	case "liked":
		return w.pick(w.liked.of(good))
	case "disliked":
		return w.pick(w.liked.of(!good))
	case "pleased":
		return w.pick(w.pleased.of(good))
	case "triumph":
		return w.pick(w.triumph.of(good))
	case "well":
		return w.pick(w.well.of(good))
	case "better":
		return w.pick(comparatives.of(positive))
	case "worse":
		return w.pick(comparatives.of(!positive))
	case "who":
		return w.pick(w.who)
	case "when":
		return w.pick(w.when)
	default: // very
		return w.pick(intensifiers)
	}
}

// adjective is one of the subject's own or one that suits all, with equal chance.
func (w *writer) adjective(s subject, good bool) string {
	if w.draw(2) == 0 {
		return w.pick(s.adjectives.of(good))
	}
	return w.pick(w.adjectives.of(good))
}

func (w *writer) pick(words []string) string { return words[w.draw(len(words))] }

// draw is a number below n.
func (w *writer) draw(n int) int { return seed.Below(w.random.Uint64(), n) }
