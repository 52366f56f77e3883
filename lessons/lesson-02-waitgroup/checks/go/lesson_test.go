// Lesson 02 in Go: the work of benches/lesson.rs as a Go programmer would write it.
// `cargo xtask bench 2` runs it where there is a Go. A benchmark is called like its
// exercise.
package lesson

import (
	"sync"
	"testing"
)

// What a result is written to, so that no compiler does without the work.
var (
	results []uint32
	bytes   uint64
)

func runAll(jobs []func()) {
	var group sync.WaitGroup
	for _, job := range jobs {
		group.Add(1)
		go func() {
			defer group.Done()
			job()
		}()
	}
	group.Wait()
}

func BenchmarkAll(b *testing.B) {
	for b.Loop() {
		jobs := make([]func(), 100)
		for i := range jobs {
			n := uint32(i)
			jobs[i] = func() { _ = n }
		}
		runAll(jobs)
	}
}

func gather(jobs []func() uint32) []uint32 {
	var (
		group sync.WaitGroup
		lock  sync.Mutex
		found = make([]uint32, len(jobs))
	)
	for i, job := range jobs {
		group.Go(func() {
			result := job()
			lock.Lock()
			found[i] = result
			lock.Unlock()
		})
	}
	group.Wait()
	return found
}

func BenchmarkGather(b *testing.B) {
	for b.Loop() {
		jobs := make([]func() uint32, 100)
		for i := range jobs {
			n := uint32(i)
			jobs[i] = func() uint32 { return n }
		}
		results = gather(jobs)
	}
}

type listing struct {
	bytes   uint64
	folders []string
}

func diskUsage(root string, list func(string) listing) uint64 {
	var (
		group sync.WaitGroup
		lock  sync.Mutex
		sum   uint64
		walk  func(string)
	)
	walk = func(path string) {
		group.Go(func() {
			here := list(path)
			for _, folder := range here.folders {
				walk(folder)
			}
			lock.Lock()
			sum += here.bytes
			lock.Unlock()
		})
	}
	walk(root)
	group.Wait()
	return sum
}

// Two folders in each, six levels: 127 in all.
func BenchmarkUsage(b *testing.B) {
	for b.Loop() {
		bytes = diskUsage("r", func(path string) listing {
			here := listing{bytes: 1}
			if len(path) < 7 {
				here.folders = []string{path + "a", path + "b"}
			}
			return here
		})
	}
}

// A hundred goroutines and one wait on Go's own group.
func BenchmarkOwn(b *testing.B) {
	for b.Loop() {
		var group sync.WaitGroup
		group.Add(100)
		for range 100 {
			go group.Done()
		}
		group.Wait()
	}
}
