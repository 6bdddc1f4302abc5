package tokenizer

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/dylora/dylora/internal/fault"
)

// sentencePieces is the part that Transformers takes from a model file of SentencePiece.
type sentencePieces struct {
	pieces  []sentencePiece // by id
	charMap []byte          // the precompiled normalisation; empty: there is none
	model   uint64          // the algorithm, as unigramModel
}

// sentencePiece is a token of the file.
type sentencePiece struct {
	content string
	score   float32
	kind    uint64
}

// The kinds of pieces and of models, and the numbers of the fields that are read. Source:
// sentencepiece_model.proto, of SentencePiece 0.2.
const (
	normalPiece  = 1
	controlPiece = 3
	userPiece    = 4
	lastKind     = 6

	unigramModel = 1

	modelPieces     = 1
	modelTrainer    = 2
	modelNormalizer = 3
	pieceContent    = 1
	pieceScore      = 2
	pieceKind       = 3
	trainerModel    = 3
	normalizerMap   = 2
)

// parseSentencePieces reads the file, a message of protocol buffers; of a field that occurs
// twice the last one counts.
func parseSentencePieces(file string, b []byte) (*sentencePieces, error) {
	s := &sentencePieces{model: unigramModel}
	err := fields(b, func(number protowire.Number, v wireValue) (err error) {
		switch number {
		case modelPieces:
			return s.addPiece(v)
		case modelTrainer:
			return v.message(func(number protowire.Number, v wireValue) error {
				if number != trainerModel {
					return nil
				}
				s.model, err = v.number()
				return err
			})
		case modelNormalizer:
			return v.message(func(number protowire.Number, v wireValue) error {
				if number != normalizerMap {
					return nil
				}
				s.charMap, err = v.bytes()
				return err
			})
		}
		return nil
	})
	if err != nil {
		return nil, fault.Invalidf("%s: not a model of SentencePiece: %w: get the file anew", file, err)
	}
	return s, nil
}

// addPiece reads a piece.
func (s *sentencePieces) addPiece(v wireValue) error {
	p := sentencePiece{kind: normalPiece}
	err := v.message(func(number protowire.Number, v wireValue) (err error) {
		switch number {
		case pieceContent:
			var content []byte
			content, err = v.bytes()
			p.content = string(content)
		case pieceScore:
			p.score, err = v.float()
		case pieceKind:
			p.kind, err = v.number()
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !utf8.ValidString(p.content):
		return fmt.Errorf("piece %d is not utf-8", len(s.pieces))
	case p.kind < normalPiece || p.kind > lastKind:
		return fmt.Errorf("piece %d is of the unknown kind %d", len(s.pieces), p.kind)
	case math.IsNaN(float64(p.score)) || math.IsInf(float64(p.score), 0):
		return fmt.Errorf("the score of piece %d is no number", len(s.pieces))
	case len(s.pieces) == idLimit:
		return fmt.Errorf("it has more than %d pieces", idLimit)
	}
	s.pieces = append(s.pieces, p)
	return nil
}

// wireValue is the value of a field as it is encoded.
type wireValue struct {
	kind protowire.Type
	b    []byte
}

var errWire = errors.New("a field is damaged or of another type")

// fields calls f for each field of a message.
func fields(b []byte, f func(number protowire.Number, v wireValue) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(number, kind, b); n < 0 {
			return errWire
		}
		if err := f(number, wireValue{kind, b[:n]}); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (v wireValue) bytes() ([]byte, error) {
	b, n := protowire.ConsumeBytes(v.b)
	if v.kind != protowire.BytesType || n < 0 {
		return nil, errWire
	}
	return b, nil
}

func (v wireValue) message(f func(number protowire.Number, v wireValue) error) error {
	b, err := v.bytes()
	if err != nil {
		return err
	}
	return fields(b, f)
}

func (v wireValue) number() (uint64, error) {
	value, n := protowire.ConsumeVarint(v.b)
	if v.kind != protowire.VarintType || n < 0 {
		return 0, errWire
	}
	return value, nil
}

func (v wireValue) float() (float32, error) {
	bits, n := protowire.ConsumeFixed32(v.b)
	if v.kind != protowire.Fixed32Type || n < 0 {
		return 0, errWire
	}
	return math.Float32frombits(bits), nil
}
