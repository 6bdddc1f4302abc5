package tokenizer

// The steps of a pipeline, in their order. All are made when the tokenizer is loaded, never
// change, and may be used by any number of goroutines.
type (
	// normalizer changes the text of an added token or of what lies between two.
	normalizer interface {
		apply(text string) string
	}

	// preTokenizer cuts a text into pieces, which the next pre-tokenizer or the model gets.
	preTokenizer interface {
		// prepare changes text before it is cut; first says that text is where the input begins.
		prepare(text string, first bool) string
		// next finds the first piece of a text that is not empty: it is text[start:stop], and the
		// search goes on at rest, which is above 0. There is no piece where start is stop.
		next(text string) (start, stop, rest int)
	}

	// model turns a piece that is not empty into tokens.
	model interface {
		// encode appends the ids of piece.
		encode(ids []int32, piece string) []int32
	}

	// modelSettings are the settings of a model in a file.
	modelSettings interface {
		// build makes the model over the vocabulary of d. byteLevel, which is true only if
		// readsBytes is, says that the vocabulary has a character for each byte (byteRune), and
		// that pieces have the bytes as they are.
		build(d *definition, byteLevel bool) (model, error)
		readsBytes() bool
	}
)

// normalizers are applied in order.
type normalizers []normalizer

func (list normalizers) apply(text string) string {
	for _, n := range list {
		text = n.apply(text)
	}
	return text
}

// preTokenizers cut in order: each cuts the pieces of the one before.
type preTokenizers []preTokenizer

// encode appends the ids of text, which is cut and given to m.
func (list preTokenizers) encode(ids []int32, text string, first bool, m model) []int32 {
	if text == "" {
		return ids
	}
	if len(list) == 0 {
		return m.encode(ids, text)
	}
	p, later := list[0], list[1:]
	text = p.prepare(text, first)
	for done := 0; done < len(text); {
		start, stop, rest := p.next(text[done:])
		if start < stop {
			piece := text[done+start : done+stop]
			if len(later) == 0 {
				ids = m.encode(ids, piece)
			} else {
				ids = later.encode(ids, piece, first && done+start == 0, m)
			}
		}
		done += rest
	}
	return ids
}

// bytesLast says whether the last step is byte level.
func (list preTokenizers) bytesLast() bool {
	if len(list) == 0 {
		return false
	}
	_, ok := list[len(list)-1].(byteLevel)
	return ok
}

// asCharacters has the bytes written as characters after each step of byte level; with
// bytesLast not after the last step, since the model reads its bytes.
func (list preTokenizers) asCharacters(bytesLast bool) (out preTokenizers) {
	for i, p := range list {
		out = append(out, p)
		if _, ok := p.(byteLevel); ok && !(bytesLast && i == len(list)-1) {
			out = append(out, byteCharacters{})
		}
	}
	return out
}

// whole is a pre-tokenizer that neither changes nor cuts, to be embedded.
type whole struct{}

func (whole) prepare(text string, _ bool) string { return text }

func (whole) next(text string) (start, stop, rest int) { return 0, len(text), len(text) }
