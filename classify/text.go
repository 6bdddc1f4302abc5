package classify

import (
	"fmt"

	"github.com/dylora/dylora/internal/data"
)

// Text is one text, or a pair for adapters of tasks of pairs.
type Text struct {
	Text string
	Pair *string // the second text; nil: there is none
}

// Texts are single texts.
func Texts(texts ...string) []Text {
	list := make([]Text, len(texts))
	for i, t := range texts {
		list[i].Text = t
	}
	return list
}

// Pair is a pair of texts.
func Pair(first, second string) Text { return Text{Text: first, Pair: &second} }

// encoded is a text as tokens.
type encoded struct {
	data.Encoded
	truncated bool
}

// encode makes tokens of a text for an adapter; an error is of the text alone.
func (m *member) encode(t Text) (e encoded, err error) {
	switch pair := t.Pair != nil; {
	case m.anyArity:
	case pair && !m.info.Pair:
		return e, m.fault(CodeText, fmt.Errorf("there is a second text, and adapter %s takes one", m.info.Name))
	case !pair && m.info.Pair:
		return e, m.fault(CodeText, fmt.Errorf("there is no second text, and adapter %s takes pairs", m.info.Name))
	}
	e.IDs, e.Types = m.session.Encoder.Tokenizer.Sequence(t.Text, t.Pair, 0)
	if e.truncated = len(e.IDs) > m.info.MaxLength; e.truncated {
		e.IDs, e.Types = m.session.Encoder.Tokenizer.Sequence(t.Text, t.Pair, m.info.MaxLength)
	}
	return e, nil
}
