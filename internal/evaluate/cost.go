package evaluate

// Cost is what an example costs at a rank, in the mean over a split's examples.
type Cost struct {
	FLOPs        float64 // operations of the products (see model.Flops), as if the rank were evaluated alone
	Milliseconds float64 // of the whole machine; of a pass over several ranks, the share that the rank has of the operations
}
