package main

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Binary trees.

type node struct{ left, right *node }

func build(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{build(depth - 1), build(depth - 1)}
}

func (n *node) check() int {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.check() + n.right.check()
}

const treeNodes = 33_799_103

func trees(n int) time.Duration {
	begin := time.Now()
	longLived := build(18)
	nodes := 0
	for _, d := range []int{4, 8, 12, 16} {
		for range 1 << (22 - d) {
			nodes += build(d).check()
		}
	}
	nodes += longLived.check()
	took := time.Since(begin)
	if nodes != n {
		panic("the trees have another number of nodes")
	}
	return took
}

// pause gives the pause that this part of the last 256 did not exceed.
func pause(part float64) float64 {
	trees(treeNodes)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	pauses := stats.PauseNs[:min(int(stats.NumGC), len(stats.PauseNs))]
	slices.Sort(pauses)
	return float64(pauses[min(int(part*float64(len(pauses))), len(pauses)-1)])
}

// A list that changes. Edges that goroutines may change at the same time would be
// atomic pointers, and are ours' only kind; here one goroutine has the list.

type link struct {
	value int
	next  *link
}

const listLength = 10_000

func list(n int) time.Duration {
	last := &link{}
	first := last
	for i := 1; i < listLength; i++ {
		first = &link{i, first}
	}
	last.next = first
	begin := time.Now()
	at, sum := first, 0
	for i := range n {
		next := at.next
		at.next = &link{i, next.next}
		sum += next.value
		at = next
	}
	took := time.Since(begin)
	if sum == 0 {
		panic("nothing was read")
	}
	return took
}

// A tree that changes.

type branch struct{ sides [2]*branch }

func branches(depth int) *branch {
	if depth == 0 {
		return &branch{}
	}
	return &branch{[2]*branch{branches(depth - 1), branches(depth - 1)}}
}

// random is xorshift, as in the Rust programs.
type random uint64

func (r *random) below(n uint64) uint64 {
	x := uint64(*r)
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	*r = random(x)
	return x % n
}

const treeDepth = 16

func tree(n int) time.Duration {
	root := branches(treeDepth)
	r := random(1)
	begin := time.Now()
	for range n {
		way := r.below(1 << treeDepth)
		at := root
		for range treeDepth - 3 {
			at = at.sides[way&1]
			way >>= 1
		}
		at.sides[way&1] = branches(2)
	}
	return time.Since(begin)
}

// An LRU cache: a map and a list in order of use.

type entry struct {
	key          uint64
	newer, older *entry
}

const (
	lruEntries = 50_000
	lruKeys    = 100_000
)

type lruCache struct {
	entries        map[uint64]*entry
	newest, oldest *entry
}

func (e *entry) takeOut() {
	e.newer.older, e.older.newer = e.older, e.newer
}

func (c *lruCache) putFirst(e *entry) {
	e.newer, e.older = c.newest, c.newest.older
	e.older.newer, c.newest.older = e, e
}

func (c *lruCache) lookUp(key uint64) bool {
	if e := c.entries[key]; e != nil {
		e.takeOut()
		c.putFirst(e)
		return true
	}
	if len(c.entries) == lruEntries {
		last := c.oldest.newer
		last.takeOut()
		delete(c.entries, last.key)
	}
	e := &entry{key: key}
	c.putFirst(e)
	c.entries[key] = e
	return false
}

func lru(n int) time.Duration {
	c := lruCache{map[uint64]*entry{}, &entry{}, &entry{}}
	c.newest.older, c.oldest.newer = c.oldest, c.newest
	r := random(1)
	hits := 0
	begin := time.Now()
	for range n {
		if c.lookUp(r.below(lruKeys)) {
			hits++
		}
	}
	took := time.Since(begin)
	if hits >= n {
		panic("every look-up was a hit")
	}
	return took
}

// A graph that goroutines change at the same time.

type vertex struct {
	value int
	edge  atomic.Pointer[vertex]
}

const edgeCount = 4_096

func graph(goroutines, n int) time.Duration {
	edges := make([]atomic.Pointer[vertex], edgeCount)
	var group sync.WaitGroup
	begin := time.Now()
	for i := range goroutines {
		group.Go(func() {
			r := random(i + 1)
			for value := range n / goroutines {
				from := edges[r.below(edgeCount)].Load()
				if from != nil {
					// Chains stay short.
					from.edge.Store(nil)
				}
				v := &vertex{value: value}
				v.edge.Store(from)
				edges[r.below(edgeCount)].Store(v)
			}
		})
	}
	group.Wait()
	return time.Since(begin)
}
