module lesson01

go 1.25
