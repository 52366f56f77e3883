// The Go side of the benchmark table: the same work as the other programs of
// this folder, as a Go programmer would write it.
//
//	bench NAME PROCS    run one row at GOMAXPROCS = PROCS, print nanoseconds per operation
//	bench --list        print the names of the rows this program has
//
// A row is either a function of n that does n operations and gives the time
// they took, called with a growing n until one call takes at least 200 ms (the
// earlier calls are the warm-up), or one of a fixed size, called once. The
// Rust programs size their rows in the same way (src/harness.rs); the sizes
// here are those of src/rows.rs.
//
// The collector runs as it always does (GOGC=100): it is part of what a Go
// program pays for its goroutines.
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// A row of the table. With size > 0 the row has a fixed number of operations;
// otherwise n grows from grain, in multiples of it.
type row struct {
	name  string
	size  int
	grain int
	// time runs n operations and says how long they took.
	time func(n int) time.Duration
	// direct is for rows whose figure is not a duration divided by a count.
	direct func() float64
}

const target = 200 * time.Millisecond

var rows = []row{
	{name: "start", size: 1_000_000, time: start},
	{name: "gosched", grain: 4_000, time: gosched},
	{name: "pingpong", grain: 1_000, time: pingpong},
	{name: "one-to-one", grain: 1_000, time: func(n int) time.Duration { return oneToOne(0, n) }},
	{name: "buffered", grain: 1_000, time: func(n int) time.Duration { return oneToOne(128, n) }},
	{name: "many-to-many", grain: 4_000, time: manyToMany},
	{name: "select", grain: 2_000, time: selectThree},
	{name: "select-default", grain: 1_000, time: selectDefault},
	{name: "mutex", grain: 8_000, time: mutex},
	{name: "rwmutex", grain: 8_000, time: rwmutex},
	{name: "ring", grain: 1_000, time: ring},
	{name: "sleep", grain: 10_000, time: sleep},
	{name: "skynet", size: 1_000_000, time: skynet},
	{name: "trees", size: 33_799_103, time: trees},
	{name: "gc-list", grain: 10_000, time: list},
	{name: "gc-tree", grain: 1_000, time: tree},
	{name: "gc-lru", grain: 100_000, time: lru},
	{name: "gc-graph-2", grain: 20_000, time: func(n int) time.Duration { return graph(2, n) }},
	{name: "gc-graph-8", grain: 80_000, time: func(n int) time.Duration { return graph(8, n) }},
	{name: "gc-pause-p99", direct: func() float64 { return pause(0.99) }},
	{name: "gc-pause-worst", direct: func() float64 { return pause(1) }},
	{name: "http", direct: hello},
	{name: "memory", direct: memory},
	{name: "preemption", direct: preemption},
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--list" {
		for _, r := range rows {
			fmt.Println(r.name)
		}
		return
	}
	if len(os.Args) != 3 {
		fail("usage: bench NAME PROCS, or bench --list")
	}
	i := slices.IndexFunc(rows, func(r row) bool { return r.name == os.Args[1] })
	if i < 0 {
		fail("no row is called " + os.Args[1] + "; --list names them")
	}
	procs, err := strconv.Atoi(os.Args[2])
	if err != nil || procs < 1 {
		fail("PROCS must be a number from 1 on, not " + os.Args[2])
	}
	runtime.GOMAXPROCS(procs)
	fmt.Printf("%.3f\n", measure(rows[i]))
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}

func measure(r row) float64 {
	if r.direct != nil {
		return r.direct()
	}
	if r.size > 0 {
		return float64(r.time(r.size).Nanoseconds()) / float64(r.size)
	}
	for n := r.grain; ; {
		took := r.time(n)
		if took >= target {
			return float64(took.Nanoseconds()) / float64(n)
		}
		// Aim a quarter past the target, but never trust one short call to
		// grow by more than a hundred times.
		factor := 1.25 * float64(target) / float64(max(took, 1))
		n = int(float64(n)*min(max(factor, 2), 100)) / r.grain * r.grain
	}
}
