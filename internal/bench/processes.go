package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/train"
)

// Network has the bandwidth and the latency of messages between processes.
type Network struct {
	Name      string  `json:"name"`
	Latency   float64 `json:"latency_seconds"`  // of a message
	Bandwidth float64 `json:"bytes_per_second"` // of a process, each way at the same time
}

// Networks are those that steps of several processes are predicted for: Ethernet by TCP, and one with remote direct memory access.
func Networks() []Network {
	return []Network{{"10 Gbit/s, 30 µs", 30e-6, 10e9 / 8}, {"100 Gbit/s, 5 µs", 5e-6, 100e9 / 8}}
}

// Exchange is the seconds in which so many processes add up gradients of so many bytes: each sends every other one a section of them,
// and then the sums of its own section.
func (n Network) Exchange(processes int, bytes int64) float64 {
	return 2 * float64(processes-1) * (n.Latency + float64(bytes)/float64(processes)/n.Bandwidth)
}

// Together predicts a step that so many processes take together, with a batch of these lengths in so many parts: each learns its parts,
// and all wait for the slowest; slower is how many threads share a processor.
func (c Cost) Together(lengths []int, processes, parts int, slower, exchange float64) float64 {
	update := Cost{"optimizer": c["optimizer"]}
	learn := Cost{}
	for op, t := range c {
		if op != "optimizer" {
			learn[op] = t
		}
	}
	most, each := 0.0, parts/processes
	places := train.Balanced(lengths, parts)
	for p := range processes {
		sum := 0.0
		for _, part := range places[p*each : (p+1)*each] {
			if len(part) == 0 {
				continue
			}
			own := make([]int, len(part))
			for i, place := range part {
				own[i] = lengths[place]
			}
			sum += learn.Seconds(own)
		}
		most = max(most, sum)
	}
	return slower*(most+update.Seconds(lengths)) + exchange
}

// slower is how many threads share a processor of this machine; 1: each has one.
func slower(threads int) float64 { return max(1, float64(threads)/float64(runtime.NumCPU())) }

// Processes is the prediction of a training's steps by so many processes, each on a machine of its own.
type Processes struct {
	Processes    int       `json:"processes"`
	MicroBatches int       `json:"micro_batches"`
	Computing    float64   `json:"computing_seconds"` // of a step, of the slowest process
	Exchange     []float64 `json:"exchange_seconds"`  // by each of Networks
	Step         []float64 `json:"step_seconds"`
	Speedup      []float64 `json:"speedup"` // over one process, with one part
}

// maxPredicted is the most processes that are predicted.
const maxPredicted = 64

// predict adds what several processes would take for steps with the lengths of an epoch: 1, 2, 4, … of them, each with as many parts as it
// needs, and one sequence at least.
func (t *Threads) predict(lengths []int, batch, parts int, gradient int64) {
	var batches [][]int
	for i := 0; i+batch <= len(lengths); i += batch {
		batches = append(batches, lengths[i:i+batch])
	}
	if len(batches) == 0 {
		batches = [][]int{lengths}
	}
	t.Gradient = gradient
	alone := 0.0
	for n := 1; n <= min(batch, maxPredicted); n *= 2 {
		p := Processes{Processes: n, MicroBatches: max(n, parts)}
		if p.MicroBatches%n != 0 { // parts is no power of two
			break
		}
		for _, b := range batches {
			p.Computing += t.Cost.Together(b, n, p.MicroBatches, 1, 0) / float64(len(batches))
		}
		if n == 1 {
			for _, b := range batches {
				alone += t.Cost.Together(b, 1, 1, 1, 0) / float64(len(batches))
			}
		}
		for _, network := range Networks() {
			exchange := network.Exchange(n, gradient)
			p.Exchange = append(p.Exchange, exchange)
			p.Step = append(p.Step, p.Computing+exchange)
			p.Speedup = append(p.Speedup, alone/(p.Computing+exchange))
		}
		t.Together = append(t.Together, p)
	}
}

// togetherTable is the prediction by number of processes.
func (t *Threads) togetherTable() table.Writer {
	w := plain(1)
	header := table.Row{"processes", "parts", "ms computing"}
	for _, n := range Networks() {
		header = append(header, "ms exchange, "+n.Name, "ms a step", "×")
	}
	w.AppendHeader(header)
	for _, p := range t.Together {
		row := table.Row{p.Processes, p.MicroBatches, fmt.Sprintf("%.1f", 1e3*p.Computing)}
		for i := range p.Exchange {
			row = append(row, fmt.Sprintf("%.2f", 1e3*p.Exchange[i]), fmt.Sprintf("%.1f", 1e3*p.Step[i]), fmt.Sprintf("%.1f", p.Speedup[i]))
		}
		w.AppendRow(row)
	}
	return w
}

// gradient is how many bytes the gradients of all trained parameters take.
func (s *Setup) gradient() (bytes int64) {
	for _, p := range s.Program.Params() {
		bytes += 4 * int64(len(p.Grad))
	}
	return bytes
}

// maxCostFile bounds a file of costs, which has some kilobytes for each number of threads.
const maxCostFile = 16 << 20

// readCost reads the costs of steps of the same kind, on as many threads, from the JSON of a Scaling.
func readCost(q Request, mc *kernel.Machine) (Cost, error) {
	file, err := os.Open(q.Cost)
	if err != nil {
		return nil, fault.Usagef("costs: %w", err)
	}
	defer file.Close()
	var s Scaling
	if err := json.NewDecoder(io.LimitReader(file, maxCostFile)).Decode(&s); err != nil {
		return nil, fault.Invalidf("%s is no scaling of bench as JSON: %w", q.Cost, err)
	}
	r := q.Settings
	for _, x := range []struct{ key, has, want string }{
		{"mode", s.Mode, q.mode()}, {"kernel", s.Kernel, mc.Name()}, {"precision", s.Precision, r.Machine.Precision.String()},
	} {
		if x.has != x.want {
			return nil, fault.Invalidf("%s: %s is %q, and it is %q that is to be predicted", q.Cost, x.key, x.has, x.want)
		}
	}
	for i := range s.Threads {
		if s.Threads[i].Threads == mc.Threads() {
			return s.Threads[i].Cost, nil
		}
	}
	return nil, fault.Invalidf("%s has no costs for %s: measure the scaling on as many", q.Cost, Plural(mc.Threads(), "thread"))
}
