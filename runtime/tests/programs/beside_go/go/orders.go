package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// In these, the order in which goroutines run shows. They are compared at
// GOMAXPROCS 1, where it follows from the rules of the run queue.

var _ = program("order_of_starts", func() {
	var group sync.WaitGroup
	for i := range 10 {
		group.Add(1)
		go func() {
			fmt.Println("goroutine", i)
			group.Done()
		}()
	}
	group.Wait()
})

var _ = program("order_of_many", func() {
	var group sync.WaitGroup
	sum, turn := 0, 0
	for i := range 250 {
		group.Go(func() {
			turn++
			sum = (sum*31 + i*turn) % 1000003
			if turn%50 == 1 {
				fmt.Println("turn", turn, "is of", i)
			}
		})
	}
	group.Wait()
	fmt.Println(sum)
})

var _ = program("order_of_yields", func() {
	var group sync.WaitGroup
	for i := range 3 {
		group.Add(1)
		go func() {
			for k := range 3 {
				fmt.Println("goroutine", i, "turn", k)
				runtime.Gosched()
			}
			group.Done()
		}()
	}
	group.Wait()
})

var _ = program("order_of_a_hand_over", func() {
	c := make(chan int)
	go func() {
		for i := range 5 {
			fmt.Println("sends", i)
			c <- i
		}
		close(c)
	}()
	for v := range c {
		fmt.Println("received", v)
	}
})

var _ = program("order_of_a_buffer", func() {
	c := make(chan int, 2)
	go func() {
		for i := range 7 {
			fmt.Println("sends", i)
			c <- i
		}
		close(c)
	}()
	for v := range c {
		fmt.Println("received", v)
	}
})

var _ = program("order_of_waiting_senders", func() {
	c := make(chan int)
	for i := range 5 {
		go func() { c <- i }()
	}
	runtime.Gosched()
	for range 5 {
		fmt.Println(<-c)
	}
})

var _ = program("order_of_waiting_receivers", func() {
	c := make(chan int)
	var group sync.WaitGroup
	var got [5]string
	for i := range 5 {
		group.Go(func() {
			v, ok := <-c
			got[i] = fmt.Sprint("got ", v, " ", ok)
		})
	}
	runtime.Gosched()
	c <- 10
	c <- 11
	close(c)
	group.Wait()
	for i, what := range got {
		fmt.Println("goroutine", i, what)
	}
})

var _ = program("order_of_locking", func() {
	var lock sync.Mutex
	var group sync.WaitGroup
	lock.Lock()
	for i := range 5 {
		group.Go(func() {
			lock.Lock()
			fmt.Println("goroutine", i, "has it")
			lock.Unlock()
		})
	}
	runtime.Gosched()
	lock.Unlock()
	group.Wait()
})

var _ = program("order_of_a_condition", func() {
	var lock sync.Mutex
	condition := sync.NewCond(&lock)
	var group sync.WaitGroup
	for i := range 5 {
		group.Go(func() {
			lock.Lock()
			condition.Wait()
			fmt.Println("goroutine", i, "goes on")
			lock.Unlock()
		})
	}
	runtime.Gosched()
	for range 2 {
		condition.Signal()
		runtime.Gosched()
	}
	fmt.Println("and all others")
	condition.Broadcast()
	group.Wait()
})

var _ = program("order_of_a_sieve", func() {
	c := make(chan int)
	go func(out chan int) {
		for i := 2; ; i++ {
			out <- i
		}
	}(c)
	for range 20 {
		prime := <-c
		fmt.Println(prime)
		next := make(chan int)
		go func(in, out chan int) {
			for {
				if i := <-in; i%prime != 0 {
					out <- i
				}
			}
		}(c, next)
		c = next
	}
})

var _ = program("counts", func() {
	fmt.Println(runtime.NumGoroutine())
	c := make(chan int)
	for range 5 {
		go func() { <-c }()
	}
	fmt.Println(runtime.NumGoroutine())
	close(c)
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(runtime.NumGoroutine())
	fmt.Println(runtime.GOMAXPROCS(3), runtime.GOMAXPROCS(0), runtime.GOMAXPROCS(-5))
})

var _ = program("contexts_end", func() {
	parent, cancel := context.WithCancelCause(context.Background())
	child, stop := context.WithTimeout(parent, time.Hour)
	defer stop()
	short, end := context.WithTimeout(context.Background(), time.Millisecond)
	defer end()
	<-short.Done()
	fmt.Println(short.Err(), context.Cause(short))
	cancel(broken{"the parent"})
	<-child.Done()
	fmt.Println(child.Err(), context.Cause(child))
})

var _ = program("timers_fire_in_turn", func() {
	c := make(chan int, 3)
	for _, ms := range []int{60, 20, 40} {
		time.AfterFunc(time.Duration(ms)*time.Millisecond, func() { c <- ms })
	}
	stopped := time.AfterFunc(30*time.Millisecond, func() { c <- -1 })
	fmt.Println(stopped.Stop(), stopped.Stop())
	fmt.Println(<-c, <-c, <-c)
})
