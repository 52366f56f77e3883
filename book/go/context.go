// A worker that works until its context ends.
package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

func worker(ctx context.Context) {
	for {
		fmt.Println("worker: at work")
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			fmt.Println("worker: stops,", ctx.Err())
			return
		}
	}
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		worker(ctx)
	}()
	time.Sleep(3500 * time.Millisecond)
	fmt.Println("main: cancels")
	cancel()
	wg.Wait()
}
