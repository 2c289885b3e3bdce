module differential

go 1.22
