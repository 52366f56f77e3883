package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

var _ = program("main_returns", func() {
	go func() {
		time.Sleep(time.Hour)
		fmt.Println("never printed")
	}()
	fmt.Println("main is done")
})

var _ = program("exit_from_a_goroutine", func() {
	go func() {
		fmt.Println("leaving")
		os.Exit(3)
	}()
	select {}
})

var _ = program("main_receives", func() {
	c := make(chan int)
	fmt.Println("before")
	<-c
})

var _ = program("main_sends", func() {
	c := make(chan int, 1)
	c <- 1
	c <- 2
})

var _ = program("main_receives_from_nil", func() {
	var c chan int
	<-c
})

var _ = program("main_sends_to_nil", func() {
	var c chan int
	c <- 1
})

var _ = program("main_selects_nothing", func() {
	select {}
})

var _ = program("main_selects", func() {
	a, b := make(chan int), make(chan int)
	select {
	case <-a:
	case b <- 1:
	}
})

var _ = program("main_waits_for_a_group", func() {
	var group sync.WaitGroup
	group.Add(1)
	group.Wait()
})

var _ = program("main_locks_twice", func() {
	var lock sync.Mutex
	lock.Lock()
	lock.Lock()
})

var _ = program("main_reads_while_it_writes", func() {
	var lock sync.RWMutex
	lock.Lock()
	lock.RLock()
})

var _ = program("main_writes_while_it_reads", func() {
	var lock sync.RWMutex
	lock.RLock()
	lock.Lock()
})

var _ = program("main_waits_on_a_condition", func() {
	var lock sync.Mutex
	condition := sync.NewCond(&lock)
	lock.Lock()
	condition.Wait()
})

// Everybody waits for another, each for another reason.
var _ = program("all_wait", func() {
	var group sync.WaitGroup
	var lock sync.Mutex
	c, d := make(chan int), make(chan int)
	lock.Lock()
	group.Go(func() { c <- 1 })
	group.Go(func() { <-d })
	group.Go(func() { lock.Lock() })
	group.Go(func() {
		select {
		case <-d:
		case <-d:
		}
	})
	group.Wait()
})

var _ = program("main_goes_alone", func() {
	defer fmt.Println("deferred")
	runtime.Goexit()
})

var _ = program("main_goes_and_the_others_end", func() {
	go func() {
		time.Sleep(5 * time.Millisecond)
		fmt.Println("the other ends")
	}()
	runtime.Goexit()
})

var _ = program("main_goes_and_another_waits", func() {
	c := make(chan int)
	go func() { <-c }()
	runtime.Goexit()
})

var _ = program("a_goroutine_goes", func() {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer fmt.Println("deferred")
		func() { runtime.Goexit() }()
		fmt.Println("never printed")
	}()
	<-done
	fmt.Println("main goes on")
})

//go:noinline
func deeper(n uint64) uint64 {
	var frame [64]uint64
	for i := range frame {
		frame[i] = n
	}
	return deeper(n+1) + frame[n%64]
}

var _ = program("main_overflows", func() {
	debug.SetMaxStack(1 << 18)
	fmt.Println(deeper(0))
})

var _ = program("a_goroutine_overflows", func() {
	debug.SetMaxStack(1 << 18)
	go func() { fmt.Println(deeper(0)) }()
	select {}
})

var _ = program("too_many_threads", func() {
	debug.SetMaxThreads(8)
	for range 20 {
		go func() {
			runtime.LockOSThread()
			time.Sleep(time.Hour)
		}()
	}
	time.Sleep(time.Hour)
})
