// Package safetensorstest makes damaged and hostile safetensors files, for tests of what reads them.
package safetensorstest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/safetensors"
)

// Sound is a file like those of adapters.
func Sound() ([]byte, error) {
	var tensors []safetensors.Tensor
	for i := range 8 {
		tensors = append(tensors, safetensors.F32(fmt.Sprintf("layer.%d.lora_A.weight", i), []int{2, 8}, make([]float32, 16)))
	}
	return safetensors.Encode(tensors, map[string]string{"format": "pt"})
}

// File is a file of a header as it is and the bytes behind it.
func File(header, data string) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

// Hostile are headers that are made to cost memory, time or the process, and lengths of headers
// that are none.
func Hostile() [][]byte {
	entry := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"dtype":%s,"shape":%s,"data_offsets":%s}`, dtype, shape, offsets)
	}
	var all [][]byte
	for _, header := range []string{
		strings.Repeat("[", 1<<20),
		`{"a":` + strings.Repeat("[", 1<<20),
		`{"a":` + strings.Repeat(`{"a":`, 1<<18),
		`{"a":{"shape":[` + strings.Repeat("0,", 1<<20) + `0]}}`,
		`{"a":{"shape":[` + strings.Repeat("9", 1<<20) + `]}}`,
		`{"` + strings.Repeat(`\u0000`, 1<<18) + `":{}}`,
		`{"__metadata__":{"a":"` + strings.Repeat("x", 1<<20) + `"},"b":1}`,
		`{"a":` + entry(`"F64"`, `[1152921504606846975]`, `[0,9223372036854775800]`) + `}`,
		`{"a":` + entry(`"U8"`, `[9223372036854775807]`, `[0,9223372036854775807]`) + `}`,
		"{" + strings.Repeat(" ", 1<<20) + "x",
		`{"a":` + entry(`"F32"`, `[4294967296,4294967296]`, `[0,0]`) + `}`,
		`{"a":` + entry(`"F32"`, `[2]`, `[8,0]`) + `}`,
		`{"a":` + entry(`"F32"`, `[2]`, `[-8,0]`) + `}`,
		`{"a":` + entry(`"F32"`, `[2]`, `[0,8]`) + `,"a":` + entry(`"F32"`, `[2]`, `[0,8]`) + `}`,
		`{"a":` + entry(`"F32"`, `[2]`, `[0,8]`) + `,"b":` + entry(`"F32"`, `[2]`, `[0,8]`) + `}`,
		`{"a":` + entry(`"F32"`, `[1]`, `[0,4]`) + `,"b":` + entry(`"F32"`, `[1]`, `[5,9]`) + `}`,
		`{"a":` + entry(`"F32"`, `[2]`, `[0,9]`) + `}`,
		`{"a":` + entry(`"F32"`, `[1.0]`, `[0,4]`) + `}`,
		`{"a":` + entry(`"F32"`, `[1e3]`, `[0,4]`) + `}`,
		`{"a":` + entry(`["F32"]`, `[1]`, `[0,4]`) + `}`,
		`{"a":` + entry(`"F32"`, `[1]`, `[0,4],"x":1`) + `}`,
		`{"__metadata__":{"a":{"b":"c"}}}`,
		`{"a":null}`,
	} {
		all = append(all, File(header, "12345678"))
	}
	for _, length := range []uint64{1, 1<<63 - 1, 1 << 63, 1<<64 - 1, 100<<20 + 1} {
		all = append(all, append(binary.LittleEndian.AppendUint64(nil, length), "{}"...))
	}
	return all
}

// Damaged are n damaged files, a function of the seed, and what was done to each: a sound file
// cut at every byte of its header, the hostile ones, and one to three flipped bits in the header.
func Damaged(n int, seed uint64) (files [][]byte, how []string, err error) {
	b, err := Sound()
	if err != nil {
		return nil, nil, err
	}
	head := 8 + int(binary.LittleEndian.Uint64(b))
	for i := range min(head+1, n) {
		files, how = append(files, b[:i]), append(how, fmt.Sprintf("cut at byte %d", i))
	}
	for i, f := range Hostile() {
		files, how = append(files, f), append(how, fmt.Sprintf("hostile header %d", i))
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for len(files) < n {
		c, bits := slices.Clone(b), ""
		for range 1 + r.IntN(3) {
			at, bit := r.IntN(head), r.IntN(8)
			c[at] ^= 1 << bit
			bits += fmt.Sprintf(" %d.%d", at, bit)
		}
		files, how = append(files, c), append(how, "flipped bits"+bits)
	}
	return files[:n], how[:n], nil
}

// AddsUp checks a file that was accepted: its tensors' bytes are all that follows the header, so
// that each byte is in one tensor.
func AddsUp(f *safetensors.File, b []byte) error {
	n := 8 + int(binary.LittleEndian.Uint64(b))
	for _, t := range f.Tensors {
		n += len(t.Data)
	}
	if n != len(b) {
		return fmt.Errorf("accepted, and accounts for %d bytes of %d", n, len(b))
	}
	return nil
}
