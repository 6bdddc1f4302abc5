package train_test

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/train"
)

// line is a model of two numbers, of which rank 1 uses the first alone: it learns that their sum is 3.
type line struct {
	machine *kernel.Machine
	param   program.Param
}

func (m *line) Params() []program.Param  { return []program.Param{m.param} }
func (m *line) Machine() *kernel.Machine { return m.machine }

func (m *line) ForwardBackward(b *data.Batch, p program.Pass) (loss float64, err error) {
	for _, rank := range p.Ranks {
		sum := float32(0)
		for _, v := range m.param.Value[:rank] {
			sum += v
		}
		for i := range rank {
			m.param.Grad[i] += p.Weight * 2 * (sum - 3)
		}
		loss += float64(p.Weight * (sum - 3) * (sum - 3))
	}
	return loss, nil
}

// texts are eight examples; the model does not read them.
type texts struct{}

func (texts) Len() int              { return 8 }
func (texts) At(i int) data.Encoded { return data.Encoded{Index: i, IDs: []int32{0, 2}} }

// A loop trains whatever computes a loss and its gradients; what else happens is a hook's.
func ExampleLoop() {
	machine, err := kernel.New("portable", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	model := &line{machine, program.Param{Name: "numbers", Value: make([]float32, 2), Grad: make([]float32, 2), Shape: []int{2, 1}, RankAxis: 0}}
	config := train.DefaultConfig()
	config.Epochs, config.LR = 20, 0.2
	loop, err := train.New(config, model, train.NewShuffled(texts{}, 2, config.Seed), train.OnlyRank(1), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	loop.On(train.Hook{Name: "example", Step: func(l *train.Loop, s train.Step) error {
		if s.Step == 1 || s.Step == l.Steps() {
			fmt.Printf("step %d of %d: loss %.2f at ranks %v\n", s.Step, l.Steps(), s.Loss, s.Ranks)
		}
		return nil
	}})
	if err := loop.Run(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f\n", model.param.Value)
	// Output:
	// step 1 of 80: loss 9.00 at ranks [1]
	// step 80 of 80: loss 0.00 at ranks [1]
	// [3.0 0.0]
}
