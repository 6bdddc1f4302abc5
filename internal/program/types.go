// Package program joins a frozen encoder, an adapter and a task into the one program
// that train, eval and sweep run: packed batches in, logits or gradients out, each
// sequence at a rank of its own.
package program

// Pass says how a batch is learnt from.
type Pass struct {
	Step   int     // optimizer step, from 0: with Micro the counter of dropout
	Micro  int     // batch within the step's accumulation window, from 0
	Ranks  []int   // rank of each sequence, 1 to R
	Whole  bool    // the gradient reaches all rows in use, whatever Options.Update says
	Weight float32 // share of each sequence's loss in the step's: 1 / sequences in the window, or of those with weights 1 / the sum of these
}

// Param is one trained tensor. Value is what the program computes with: writing to it
// trains. Grad is added to by ForwardBackward and cleared by the optimizer.
type Param struct {
	Name     string // as in the adapter file, without PEFT's prefix
	Value    []float32
	Grad     []float32
	Shape    []int
	Decay    bool // weight decay applies: not on biases
	RankAxis int  // 0: the rows are ranks (A); 1: the columns are (B); -1: the head
	PerRank  bool // the rows are heads of ranks: a step updates those of its own ranks alone, in every update mode
}
