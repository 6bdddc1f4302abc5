package predict

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/data"
)

// Choice says what is told of the probabilities of labels.
type Choice = answer.Choice

// answers makes answers, and has their labels as they are written.
type answers struct {
	*answer.Maker
	names  [][]byte // of the labels, as JSON
	unsure []byte
	list   []byte // names as a JSON array
}

func newAnswers(t *data.Task, c answer.Choice, temperature float64) (*answers, error) {
	m, err := answer.NewMaker(t, c, temperature)
	if err != nil {
		return nil, err
	}
	a := &answers{Maker: m, unsure: quoted(c.Unsure), list: []byte{'['}}
	for i, l := range t.Labels {
		name := quoted(l)
		if a.names = append(a.names, name); i > 0 {
			a.list = append(a.list, ',')
		}
		a.list = append(a.list, name...)
	}
	a.list = append(a.list, ']')
	return a, nil
}

// quoted is a text as JSON; what is not UTF-8 in it is replaced.
func quoted(s string) []byte {
	b, _ := jsontext.AppendQuote(nil, s)
	return b
}

// appendFixed writes numbers with four decimals.
func appendFixed[F float32 | float64](b []byte, list []F, separator byte) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, separator)
		}
		bits := 64
		if _, ok := any(v).(float32); ok {
			bits = 32
		}
		b = strconv.AppendFloat(b, float64(v), 'f', 4, bits)
	}
	return b
}
