// Package weights holds the types in which the encoder, the adapter and the program hand
// weights to each other. It knows no file format and no computation.
package weights

import "slices"

// Tensor is a named array of float32, as "classifier.dense.weight" of shape (out, in).
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32 // row-major, as many values as the product of Shape
}

// Clone copies t; the copy shares no memory with it.
func (t Tensor) Clone() Tensor {
	t.Shape, t.Data = slices.Clone(t.Shape), slices.Clone(t.Data)
	return t
}

// CloneAll copies a list of tensors; the copy shares no memory with it. It is nil for nil.
func CloneAll(list []Tensor) []Tensor {
	list = slices.Clone(list)
	for i, t := range list {
		list[i] = t.Clone()
	}
	return list
}

// SelectRows gives t with the rows of its first axis in another order: row i is t's row
// order[i]. The copy shares no memory with t.
func (t Tensor) SelectRows(order []int) Tensor {
	width := len(t.Data) / t.Shape[0]
	n := Tensor{Name: t.Name, Shape: slices.Clone(t.Shape), Data: make([]float32, 0, len(order)*width)}
	n.Shape[0] = len(order)
	for _, row := range order {
		n.Data = append(n.Data, t.Data[row*width:(row+1)*width]...)
	}
	return n
}

// SameShapes says whether two lists hold tensors of the same names and shapes in the same
// order. The values are not compared.
func SameShapes(a, b []Tensor) bool {
	return slices.EqualFunc(a, b, func(x, y Tensor) bool { return x.Name == y.Name && slices.Equal(x.Shape, y.Shape) })
}

// Projection is a linear map y = W·x of an encoder that can be adapted, W of (Out, In).
type Projection struct {
	Name    string // module path, as "roberta.encoder.layer.0.attention.self.query"
	In, Out int
}
