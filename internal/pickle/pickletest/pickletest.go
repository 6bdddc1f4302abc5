// Package pickletest writes files as torch.save does, for tests of what reads them.
package pickletest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/dylora/dylora/internal/safetensors"
)

// classes are torch's names of storages, by safetensors' names of types.
var classes = map[string]string{"F32": "FloatStorage", "F16": "HalfStorage", "BF16": "BFloat16Storage", "I64": "LongStorage"}

// Encode is a state dict of these tensors in their order, each with a storage of its own.
func Encode(tensors []safetensors.Tensor) ([]byte, error) {
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	store := func(name string, data []byte) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "archive/" + name, Method: zip.Store})
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	var p strings.Builder
	p.WriteString("\x80\x02}(")
	for i, t := range tensors {
		class, ok := classes[t.DType]
		if !ok {
			return nil, fmt.Errorf("pickletest: no class for %s", t.DType)
		}
		write(&p, t, class, i)
		if err := store(fmt.Sprintf("data/%d", i), t.Data); err != nil {
			return nil, err
		}
	}
	p.WriteString("u.")
	if err := store("data.pkl", []byte(p.String())); err != nil {
		return nil, err
	}
	err := z.Close()
	return file.Bytes(), err
}

// write is the pickle of a name and its tensor, torch._utils._rebuild_tensor_v2(storage,
// 0, shape, strides, False, OrderedDict()).
func write(p *strings.Builder, t safetensors.Tensor, class string, key int) {
	strides, count := make([]int, len(t.Shape)), 1
	for i := len(t.Shape) - 1; i >= 0; i-- {
		strides[i] = count
		count *= t.Shape[i]
	}
	text(p, t.Name)
	p.WriteString("ctorch._utils\n_rebuild_tensor_v2\n((")
	text(p, "storage")
	p.WriteString("ctorch\n" + class + "\n")
	text(p, fmt.Sprint(key))
	text(p, "cpu")
	number(p, count)
	p.WriteString("tQ")
	number(p, 0)
	for _, list := range [][]int{t.Shape, strides} {
		p.WriteByte('(')
		for _, n := range list {
			number(p, n)
		}
		p.WriteByte('t')
	}
	p.WriteString("\x89ccollections\nOrderedDict\n)RtR")
}

func text(p *strings.Builder, s string) {
	p.WriteByte('X')
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
	p.WriteString(s)
}

func number(p *strings.Builder, n int) {
	p.WriteByte('J')
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(n)))
}
