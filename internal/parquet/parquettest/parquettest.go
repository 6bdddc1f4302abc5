// Package parquettest makes sound and damaged parquet files, for tests of what reads them.
package parquettest

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	library "github.com/parquet-go/parquet-go"
)

// Sentence is a row of a task of single sentences, as the Hub's data sets have them.
type Sentence struct {
	Sentence string `parquet:"sentence,snappy"`
	Label    int64  `parquet:"label,snappy"`
	Idx      int32  `parquet:"idx,snappy"`
}

// Scored is a row of a regression on pairs.
type Scored struct {
	One   string  `parquet:"sentence1,dict,zstd"`
	Two   *string `parquet:"sentence2,optional"`
	Score float32 `parquet:"label"`
}

// Sentences are n rows.
func Sentences(n int) []Sentence {
	rows := make([]Sentence, n)
	for i := range rows {
		rows[i] = Sentence{Sentence: fmt.Sprintf("this film is the %d. of its \"kind\" \n", i*i%17), Label: int64(i % 2), Idx: int32(i)}
	}
	return rows
}

// Encode is a file of rows as the library writes it.
func Encode[T any](rows []T, options ...library.WriterOption) ([]byte, error) {
	var b bytes.Buffer
	w := library.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

// Originals are two sound files, small ones with much structure: of Sentence in several groups and
// pages, and of Scored with a dictionary.
func Originals() (two [2][]byte, err error) {
	if two[0], err = Encode(Sentences(40), library.MaxRowsPerRowGroup(15), library.PageBufferSize(256)); err != nil {
		return two, err
	}
	text := "a second text"
	two[1], err = Encode([]Scored{{"one", &text, 1}, {"two", &text, 2.5}, {"one", &text, 5}})
	return two, err
}

// Damage changes a file, as the seed says: bits, bytes, lengths, parts; more often near its end, where the
// description of all the rest is.
func Damage(original []byte, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 7))
	b := bytes.Clone(original)
	at := func() int {
		if random.IntN(2) == 0 {
			return len(b) - 1 - random.IntN(min(len(b), 600))
		}
		return random.IntN(len(b))
	}
	for range 1 + random.IntN(3) {
		if len(b) == 0 {
			return b
		}
		switch i := at(); random.IntN(7) {
		case 0:
			b[i] ^= 1 << random.IntN(8)
		case 1:
			b[i] = []byte{0, 1, 0x7f, 0x80, 0xff}[random.IntN(5)]
		case 2: // a huge varint
			copy(b[i:], []byte{0xff, 0xff, 0xff, 0xff, 0x0f})
		case 3:
			b = b[:i]
		case 4: // a part is missing
			b = append(b[:i:i], b[min(len(b), i+1+random.IntN(16)):]...)
		case 5: // a part is there twice
			b = append(b[:i:i], b[max(0, i-random.IntN(32)):]...)
		case 6: // the length of the footer
			if len(b) > 8 {
				b[len(b)-8+random.IntN(4)] = byte(random.IntN(256))
			}
		}
	}
	return b
}
